/** What clusters seldom have: strange amounts, crowded ports, rare constraints, pods in the middle of a change. */
import type { ReplicaSet, StatefulSet } from "#gen/api/apps/v1.ts";
import type {
  Container,
  ContainerPort,
  Node,
  Pod,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import type { Random } from "../random.ts";

const spaces = ["red", "green", "blue"] as const;
const zone = "topology.kubernetes.io/zone";
const region = "topology.kubernetes.io/region";
const host = "kubernetes.io/hostname";
const digest = `sha256:${"ab".repeat(32)}`;
const images = [
  "example.com/a:v1",
  "example.com/c",
  `example.com/e@${digest}`,
  "f",
  "example.com:5000/g",
];
const heldImages = [
  "example.com/a:v1",
  "example.com/c:latest",
  `example.com/e@${digest}`,
  "f:latest",
  "example.com:5000/g:latest",
];

function amountsOf(r: Random): Record<string, string> {
  const amounts: Record<string, string> = {
    cpu: r.pick(["0", "0.5", "1500m", "7", "64", "100k"]),
    memory: r.pick(["0", "1e9", "3Gi", "0.5Gi", "2T", "4Pi"]),
    pods: r.pick(["1", "4", "110", "4"]),
    "hugepages-2Mi": r.pick(["0", "512Mi", "1Gi"]),
  };
  if (r.chance(0.15)) delete amounts["memory"];
  if (r.chance(0.7)) amounts["ephemeral-storage"] = r.pick(["1Ki", "10G", "500Ti"]);
  if (r.chance(0.4)) amounts["example.com/gpu"] = r.pick(["0", "8", "1000000000000"]);
  if (r.chance(0.3)) amounts["example.com/nic"] = r.pick(["1", "3"]);
  return amounts;
}

export function unusualNode(r: Random, node: Node): Node {
  const labels: Record<string, string> = { ...node.metadata.labels };
  if (r.chance(0.5)) labels[region] = r.pick(["east", "west"]);
  if (r.chance(0.3)) labels["gen"] = r.pick(["3_0", "07", "x", "99999999999"]);
  const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;
  const taints = r.chance(0.4)
    ? r
        .some(effects, 0.5)
        .flatMap((effect) =>
          r
            .some(["dedicated", "noisy", "example.com/odd"], 0.4)
            .map((key) => ({ key, value: r.pick(["", "a", "1"]), effect })),
        )
    : [];
  return {
    ...node,
    metadata: { ...node.metadata, labels },
    spec: { ...node.spec, ...(taints.length > 0 ? { taints } : {}) },
    status: {
      ...node.status,
      allocatable: r.chance(0.6) ? amountsOf(r) : node.status.allocatable,
      images: heldImages.flatMap((name, index) =>
        r.chance(0.5)
          ? [
              {
                names: index === 0 ? [name, "f:latest"] : [name],
                sizeBytes: r.pick([1, 25_000_000, 700_000_000, 9_000_000_000]),
              },
            ]
          : [],
      ),
    },
  };
}

function port(r: Random): ContainerPort {
  return {
    containerPort: 1 + r.below(3),
    hostPort: r.pick([8080, 9090]),
    protocol: r.pick(["TCP", "UDP", "SCTP"]),
    hostIP: r.pick(["", "0.0.0.0", "127.0.0.1", "10.0.0.1", "::", "fd00::1"]),
  };
}

function container(r: Random, one: Container): Container {
  const requests: Record<string, string> = {};
  if (r.chance(0.6)) requests["cpu"] = r.pick(["1m", "0.1", "1500m", "0", "3"]);
  if (r.chance(0.6)) requests["memory"] = r.pick(["1", "100k", "1e9", "2Gi", "0"]);
  if (r.chance(0.2)) requests["ephemeral-storage"] = r.pick(["1Ki", "5G"]);
  const limits: Record<string, string> = {};
  for (const [name, values] of [
    ["example.com/gpu", ["1", "2", "0"]],
    ["example.com/nic", ["1", "2"]],
    ["hugepages-2Mi", ["2Mi", "600Mi"]],
  ] as const) {
    if (!r.chance(0.12)) continue;
    const value = r.pick([values[0], ...values]);
    requests[name] = value;
    limits[name] = value;
  }
  // Huge pages want cpu or memory beside them.
  if (requests["hugepages-2Mi"] !== undefined) requests["cpu"] ??= "1m";
  const { ports: _, ...rest } = one;
  const ports = r.maybe(0.25, () =>
    r.chance(0.5) ? [port(r)] : [port(r), { ...port(r), hostPort: 9091 }],
  );
  return {
    ...rest,
    image: r.pick([images[0] ?? "", ...images]),
    resources: { requests, limits },
    ...(ports ? { ports } : {}),
  };
}

function spread(r: Random): TopologySpreadConstraint {
  const hard = r.chance(0.5);
  return {
    maxSkew: r.pick([1, 1, 2, 50]),
    topologyKey: r.pick([zone, host, region, "rack", "example.com/nowhere"]),
    whenUnsatisfiable: hard ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: r.pick<LabelSelector>([
      { matchLabels: { app: "web" } },
      {},
      { matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] },
    ]),
    ...(hard && r.chance(0.4) ? { minDomains: r.pick([1, 2, 9]) } : {}),
    ...(r.chance(0.4) ? { nodeAffinityPolicy: r.pick(["Honor", "Ignore"]) } : {}),
    ...(r.chance(0.4) ? { nodeTaintsPolicy: r.pick(["Honor", "Ignore"]) } : {}),
    ...(r.chance(0.3)
      ? { matchLabelKeys: r.pick([["tier"], ["absent"], ["tier", "absent"]]) }
      : {}),
  };
}

function term(r: Random): PodAffinityTerm {
  return {
    topologyKey: r.pick([zone, host, region, "example.com/nowhere"]),
    labelSelector: r.pick<LabelSelector>([
      { matchLabels: { app: "web" } },
      {},
      { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] },
    ]),
    ...(r.chance(0.3)
      ? {
          namespaceSelector: r.pick<LabelSelector>([
            {},
            { matchLabels: { team: "x" } },
            { matchExpressions: [{ key: "team", operator: "DoesNotExist" }] },
          ]),
        }
      : {}),
    ...(r.chance(0.2) ? { namespaces: r.pick([["red"], ["green", "absent"]]) } : {}),
    ...(r.chance(0.15) ? { mismatchLabelKeys: ["tier"] } : {}),
  };
}

function toleration(r: Random): Toleration {
  return r.pick<Toleration>([
    { operator: "Exists", effect: "NoSchedule" },
    { operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
    { key: "dedicated", operator: "Equal", value: "" },
    { key: "noisy", operator: "Exists", effect: "PreferNoSchedule" },
    { key: "example.com/odd", value: "1" },
  ]);
}

/** Its node gives it something else than it asks for, or it is on its way out. */
function midway(r: Random, pod: Pod): Pod {
  const [first] = pod.spec.containers;
  if (first === undefined || !r.chance(0.35)) return pod;
  const requests = { cpu: r.pick(["1", "50m"]), memory: r.pick(["2Gi", "1Mi"]) };
  const common = { name: first.name, image: "x", imageID: "x", ready: true, restartCount: 0 };
  return {
    ...pod,
    status: {
      ...pod.status,
      containerStatuses: [
        {
          ...common,
          ...(r.chance(0.5) ? { allocatedResources: requests } : {}),
          resources: { requests },
        },
      ],
    },
  };
}

export function unusualPod(r: Random, pod: Pod): Pod {
  const affinity = r.maybe(0.3, () => ({
    podAffinity: r.maybe(0.5, () => ({
      requiredDuringSchedulingIgnoredDuringExecution: [term(r), ...r.some([term(r)], 0.3)],
    })),
    podAntiAffinity: r.maybe(0.5, () => ({
      requiredDuringSchedulingIgnoredDuringExecution: r.some([term(r)], 0.6),
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: term(r) },
        { weight: 1, podAffinityTerm: term(r) },
      ],
    })),
  }));
  const constraints = r.chance(0.3) ? [spread(r), spread(r)] : [];
  const byKey = new Map(
    constraints.map((one) => [`${one.topologyKey} ${one.whenUnsatisfiable}`, one]),
  );
  const owner = r.maybe(0.4, () =>
    r.pick([
      ["ReplicaSet", "rs"],
      ["StatefulSet", "ss"],
      ["ReplicaSet", "absent"],
    ]),
  );
  const sidecar = (one: Container, index: number) => ({
    ...container(r, one),
    name: `i${index}`,
    ...(r.chance(0.5) ? { restartPolicy: "Always" } : {}),
  });
  const hostUsers = r.chance(0.06);
  const { initContainers: _, topologySpreadConstraints: __, ...spec } = pod.spec;
  const inits = r.chance(0.3)
    ? [0, 1, 2].slice(0, 1 + r.below(3)).map((i) => sidecar({ name: "i" }, i))
    : [];
  const changed: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: "apps/v1",
                kind: owner[0] ?? "",
                name: owner[1] ?? "",
                uid: "u",
                controller: true,
              },
            ],
          }),
    },
    spec: {
      ...spec,
      containers: spec.containers.map((one) => (r.chance(0.7) ? container(r, one) : one)),
      ...(inits.length > 0 ? { initContainers: inits } : {}),
      ...(affinity ? { affinity } : {}),
      ...(byKey.size > 0 ? { topologySpreadConstraints: [...byKey.values()] } : {}),
      ...(r.chance(0.4) ? { tolerations: [toleration(r), toleration(r)] } : {}),
      ...(hostUsers ? { hostUsers: false } : {}),
      ...(r.chance(0.15)
        ? {
            volumes: [
              ...(spec.volumes ?? []),
              { name: "image", image: { reference: r.pick([images[1] ?? "", ...images]) } },
            ],
          }
        : {}),
    },
  };
  return changed;
}

export function unusualBoundPod(r: Random, pod: Pod): Pod {
  const now = midway(r, unusualPod(r, pod));
  const done = r.chance(0.06) ? { phase: r.pick(["Succeeded", "Failed"] as const) } : {};
  return { ...now, status: { ...now.status, ...done } };
}

export function unusualBudgets(r: Random): PodDisruptionBudget[] {
  return spaces.flatMap((namespace) =>
    r.some(["x", "y"], 0.6).map((name) => ({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace },
      spec: {
        selector: r.pick<LabelSelector>([
          { matchLabels: { app: "web" } },
          {},
          { matchExpressions: [{ key: "app", operator: "In", values: ["web", "db"] }] },
        ]),
      },
      status: {
        currentHealthy: 0,
        desiredHealthy: 0,
        expectedPods: 0,
        disruptionsAllowed: r.below(3),
        ...(r.chance(0.3)
          ? { disruptedPods: { b1: "2026-01-01T00:00:00Z", b3: "2026-01-01T00:00:00Z" } }
          : {}),
      },
    })),
  );
}

const podOfOwner = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "x" }] },
};

export function owners(): { replicaSets: ReplicaSet[]; statefulSets: StatefulSet[] } {
  const selector = { matchLabels: { app: "web" } };
  const apiVersion = "apps/v1";
  return {
    replicaSets: spaces.map((namespace) => ({
      apiVersion,
      kind: "ReplicaSet",
      metadata: { name: "rs", namespace },
      spec: { replicas: 0, selector, template: podOfOwner },
      status: { replicas: 0 },
    })),
    statefulSets: spaces.map((namespace) => ({
      apiVersion,
      kind: "StatefulSet",
      metadata: { name: "ss", namespace },
      spec: {
        replicas: 0,
        serviceName: "s",
        selector: { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] },
        template: podOfOwner,
      },
      status: { replicas: 0 },
    })),
  };
}
