/** Random nodes and pods with every feature that a plugin reads, few values so that they meet. */
import type {
  Container,
  Node,
  NodeSelectorRequirement,
  Pod,
  PodAffinityTerm,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import type { Random } from "./random.ts";

const MiB = 1024 * 1024;
const images = [
  ["example.com/a:v1", 30 * MiB],
  ["example.com/b:v1", 300 * MiB],
  ["example.com/c:latest", 900 * MiB],
  ["example.com/d:v1", 4000 * MiB],
] as const;
const namespaces = ["red", "green", "blue"] as const;
const features = ["RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport"];
const topologyKeys = ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "rack"] as const;

export function randomNamespaces(r: Random): Record<string, Record<string, string>> {
  return Object.fromEntries(
    namespaces.map((name) => [name, r.chance(0.7) ? { team: r.pick(["x", "y"]) } : {}]),
  );
}

function randomTaint(r: Random): Taint {
  return {
    key: r.pick(["dedicated", "noisy"]),
    value: r.pick(["a", "b", ""]),
    effect: r.pick(["NoSchedule", "PreferNoSchedule", "PreferNoSchedule", "NoExecute"]),
  };
}

export function randomNode(r: Random, name: string): Node {
  const labels: Record<string, string> = { gen: String(r.below(9)) };
  if (r.chance(0.95)) labels["kubernetes.io/hostname"] = name;
  if (r.chance(0.85)) labels["topology.kubernetes.io/zone"] = r.chance(0.1) ? "" : `z${r.below(4)}`;
  if (r.chance(0.7)) labels["rack"] = r.chance(0.1) ? "" : `r${r.below(6)}`;
  if (r.chance(0.6)) labels["disk"] = r.pick(["ssd", "hdd"]);
  const allocatable: Record<string, string> = {
    cpu: r.pick(["500m", "2", "4", "3900m"]),
    memory: r.pick(["1Gi", "8Gi", "7900Mi", "16G"]),
    pods: String(r.pick([3, 6, 20])),
  };
  if (r.chance(0.3)) allocatable["example.com/gpu"] = String(r.below(4));
  if (r.chance(0.8)) allocatable["ephemeral-storage"] = "20Gi";
  const declaredFeatures = r.some(features, 0.6);
  const node: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec: {},
    status: {
      allocatable,
      ...(declaredFeatures.length === 0 ? {} : { declaredFeatures }),
      images: r.some(images, 0.4).map(([image, sizeBytes]) => ({ names: [image], sizeBytes })),
    },
  };
  if (r.chance(0.3)) {
    // A key and effect stand once on a node: the API refuses others.
    const taints = [randomTaint(r), randomTaint(r)].slice(0, 1 + r.below(2));
    const byKey = new Map(taints.map((taint) => [`${taint.key} ${taint.effect}`, taint]));
    node.spec.taints = [...byKey.values()];
  }
  if (r.chance(0.08)) node.spec.unschedulable = true;
  return node;
}

function randomSelector(r: Random): LabelSelector | undefined {
  const kind = r.below(10);
  if (kind === 0) return {};
  if (kind === 1) return undefined;
  if (kind < 6) return { matchLabels: { app: r.pick(["web", "db", "job"]) } };
  const operator = r.pick(["In", "NotIn", "Exists", "DoesNotExist"]);
  const values = operator.endsWith("In") ? ["web", "db"] : undefined;
  return { matchExpressions: [{ key: r.pick(["app", "tier"]), operator, values }] };
}

function randomTerm(r: Random): PodAffinityTerm {
  return {
    topologyKey: r.pick(topologyKeys),
    labelSelector: randomSelector(r),
    namespaces: r.maybe(0.2, () => r.some(namespaces, 0.5)),
    namespaceSelector: r.maybe(0.2, () =>
      r.chance(0.4) ? {} : { matchLabels: { team: r.pick(["x", "y"]) } },
    ),
    matchLabelKeys: r.maybe(0.1, () => ["tier"]),
    mismatchLabelKeys: r.maybe(0.1, () => ["app"]),
  };
}

function randomNodeTerm(r: Random, nodeNames: readonly string[]) {
  const expression = () =>
    r.pick<NodeSelectorRequirement>([
      { key: "disk", operator: r.pick(["In", "NotIn"]), values: [r.pick(["ssd", "hdd"])] },
      { key: "gen", operator: r.pick(["Gt", "Lt"]), values: [String(r.below(9))] },
      { key: r.pick(["rack", "disk"]), operator: r.pick(["Exists", "DoesNotExist"]) },
    ]);
  return {
    matchExpressions: r.maybe(0.9, () => [expression(), ...(r.chance(0.3) ? [expression()] : [])]),
    matchFields: r.maybe(0.1, () => [
      {
        key: "metadata.name",
        operator: r.pick(["In", "NotIn"] as const),
        values: r.some(nodeNames, 0.5),
      },
    ]),
  };
}

function randomSpread(r: Random, topologyKey: string): TopologySpreadConstraint {
  const hard = r.chance(0.4);
  return {
    maxSkew: 1 + r.below(3),
    topologyKey,
    whenUnsatisfiable: hard ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: randomSelector(r),
    minDomains: hard ? r.maybe(0.3, () => 1 + r.below(5)) : undefined,
    nodeAffinityPolicy: r.maybe(0.3, () => r.pick(["Honor", "Ignore"])),
    nodeTaintsPolicy: r.maybe(0.3, () => r.pick(["Honor", "Ignore"])),
    matchLabelKeys: r.maybe(0.2, () => ["tier"]),
  };
}

function randomToleration(r: Random): Toleration {
  return r.pick<Toleration>([
    { operator: "Exists" },
    { key: "dedicated", operator: "Exists" },
    { key: "noisy", value: "a", effect: "PreferNoSchedule" },
    { key: "dedicated", operator: "Equal", value: r.pick(["a", "b"]), effect: "NoSchedule" },
    { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
  ]);
}

const restartsAll = {
  action: "RestartAllContainers",
  exitCodes: { operator: "In", values: [42] },
};

function randomContainer(r: Random, name: string): Container {
  const requests: Record<string, string> = {};
  if (r.chance(0.75)) requests["cpu"] = r.pick(["50m", "100m", "250m", "1", "0"]);
  if (r.chance(0.75)) requests["memory"] = r.pick(["64Mi", "100M", "512Mi", "1Gi"]);
  if (r.chance(0.08)) requests["example.com/gpu"] = "1";
  if (r.chance(0.08)) requests["ephemeral-storage"] = "6Gi";
  return {
    name,
    image: r.pick([
      "example.com/a:v1",
      "example.com/b:v1",
      "example.com/c",
      "example.com/d:v1",
      "x",
    ]),
    resources: { requests },
    ...(r.chance(0.03) ? { restartPolicy: "Never", restartPolicyRules: [restartsAll] } : {}),
    ports: r.maybe(0.12, () => [
      {
        containerPort: 80,
        hostPort: r.pick([8080, 9090]),
        protocol: r.pick(["TCP", "UDP"]),
        hostIP: r.maybe(0.5, () => r.pick(["10.0.0.1", "10.0.0.2", "0.0.0.0", ""])),
      },
    ]),
  };
}

/** Of web or job pods in one namespace, with little or nothing to spare. */
export function randomBudget(r: Random, name: string): PodDisruptionBudget {
  const selector = r.pick<LabelSelector>([
    { matchLabels: { app: "web" } },
    { matchExpressions: [{ key: "tier", operator: "Exists" }] },
    {},
  ]);
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace: r.pick(namespaces) },
    spec: { selector },
    status: {
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
      disruptionsAllowed: r.below(3),
    },
  };
}

function podLevel(r: Random): Record<string, string> {
  const requests: Record<string, string> = { cpu: r.pick(["300m", "2", "3"]) };
  if (r.chance(0.6)) requests["memory"] = r.pick(["1Gi", "6Gi"]);
  return requests;
}

export function randomPod(r: Random, name: string, nodeNames: readonly string[]): Pod {
  const labels: Record<string, string> = { app: r.pick(["web", "db", "job"]) };
  if (r.chance(0.5)) labels["tier"] = r.pick(["front", "back"]);
  const weighted = () => ({ weight: 1 + r.below(100), podAffinityTerm: randomTerm(r) });
  const podAffinity = r.maybe(0.25, () => ({
    requiredDuringSchedulingIgnoredDuringExecution: r.maybe(0.4, () =>
      [randomTerm(r)].concat(r.some([randomTerm(r)], 0.2)),
    ),
    preferredDuringSchedulingIgnoredDuringExecution: r.maybe(0.5, () => [
      weighted(),
      ...r.some([weighted()], 0.3),
    ]),
  }));
  const podAntiAffinity = r.maybe(0.3, () => ({
    requiredDuringSchedulingIgnoredDuringExecution: r.maybe(0.4, () => [randomTerm(r)]),
    preferredDuringSchedulingIgnoredDuringExecution: r.maybe(0.5, () => [weighted()]),
  }));
  const nodeAffinity = r.maybe(0.25, () => ({
    requiredDuringSchedulingIgnoredDuringExecution: r.maybe(0.4, () => ({
      nodeSelectorTerms: [
        randomNodeTerm(r, nodeNames),
        ...r.some([randomNodeTerm(r, nodeNames)], 0.4),
      ],
    })),
    preferredDuringSchedulingIgnoredDuringExecution: r.maybe(0.7, () =>
      [0, 1].map(() => ({ weight: 1 + r.below(100), preference: randomNodeTerm(r, nodeNames) })),
    ),
  }));
  const ownUsersOnHost = r.chance(0.04);
  const spread = r.some(topologyKeys, 0.2).map((key) => randomSpread(r, key));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: r.pick(namespaces), labels, uid: name },
    spec: {
      priority: r.pick([0, 0, 0, -5, 10, 10, 100]),
      containers: [randomContainer(r, "c0"), ...r.some([randomContainer(r, "c1")], 0.2)],
      initContainers: r.maybe(0.15, () => [
        randomContainer(r, "i0"),
        { ...randomContainer(r, "i1"), restartPolicy: r.maybe(0.6, () => "Always") },
      ]),
      ...(ownUsersOnHost ? { hostNetwork: true, hostUsers: false } : {}),
      resources: r.maybe(0.06, () => ({ requests: podLevel(r) })),
      volumes: r.maybe(0.06, () => [
        { name: "image", image: { reference: r.pick(["example.com/b:v1", "example.com/c", "x"]) } },
      ]),
      overhead: r.maybe(0.05, () => ({ cpu: "10m", memory: "10Mi" })),
      nodeSelector: r.maybe(0.08, () => ({ disk: r.pick(["ssd", "hdd"]) })),
      affinity:
        nodeAffinity || podAffinity || podAntiAffinity
          ? { nodeAffinity, podAffinity, podAntiAffinity }
          : undefined,
      tolerations: r.maybe(0.35, () => [
        randomToleration(r),
        ...r.some([randomToleration(r)], 0.3),
      ]),
      topologySpreadConstraints: spread.length > 0 ? spread : undefined,
    },
    status: {},
  };
}
