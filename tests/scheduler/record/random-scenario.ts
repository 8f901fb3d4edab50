/** A random cluster as a trace opens with it: what the stock API server takes, with everything mixed. */
import type {
  Container,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Service,
  Volume,
} from "#gen/api/core/v1.ts";
import type { Random } from "../random.ts";
import { randomBudget, randomNamespaces, randomNode, randomPod } from "../random-objects.ts";
import type { Opening } from "../traces.ts";

/** PriorityClasses that pods name; without one a pod has 0. */
export const priorities = [-5, 10, 100] as const;
export const className = (priority: number): string => `p${priority}`.replace("-", "minus");

const zoneLabel = "topology.kubernetes.io/zone";

function withLimits(container: Container): Container {
  const gpu = container.resources?.requests?.["example.com/gpu"];
  const limits = gpu === undefined ? {} : { "example.com/gpu": gpu };
  return { ...container, resources: { ...container.resources, limits } };
}

/** A volume bound to a claim of one namespace, in a zone or on no node in particular. */
function boundVolume(r: Random, index: number): [PersistentVolume, PersistentVolumeClaim] {
  const zone = `z${r.below(4)}`;
  const namespace = r.pick(["red", "green", "blue"] as const);
  const name = `claim${index}`;
  const modes = [r.pick(["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] as const)];
  const capacity = { storage: "1Gi" };
  const matchExpressions = [{ key: zoneLabel, operator: "In" as const, values: [zone, "z0"] }];
  const volume: PersistentVolume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: `volume${index}`,
      labels: r.maybe(0.4, () => ({ [zoneLabel]: r.chance(0.3) ? `${zone}__z1` : zone })),
    },
    spec: {
      capacity,
      accessModes: modes,
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "now",
      csi: { driver: r.pick(["disk.example.com", "file.example.com"]), volumeHandle: `h${index}` },
      nodeAffinity: r.maybe(0.4, () => ({
        required: { nodeSelectorTerms: [{ matchExpressions }] },
      })),
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
    },
    status: { phase: "Bound" },
  };
  const claim: PersistentVolumeClaim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace, annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
    spec: {
      accessModes: modes,
      resources: { requests: capacity },
      storageClassName: "now",
      volumeName: volume.metadata.name,
    },
    status: { phase: "Bound", accessModes: modes, capacity },
  };
  return [volume, claim];
}

function randomVolume(r: Random, claims: readonly PersistentVolumeClaim[]): Volume {
  const kind = r.below(6);
  const readOnly = r.chance(0.5);
  if (kind === 0) return { name: "v", gcePersistentDisk: { pdName: "d1", readOnly } };
  if (kind === 1)
    return {
      name: "v",
      iscsi: { targetPortal: "1.2.3.4", iqn: "iqn.2001-04.com.example:a", lun: 0, readOnly },
    };
  const claim = claims[r.below(claims.length)];
  const claimName = kind === 2 || claim === undefined ? "missing" : claim.metadata.name;
  return { name: "v", persistentVolumeClaim: { claimName } };
}

/** The random pod with what only the API asks for, and a volume or resources of the pod now and then. */
function completed(r: Random, pod: Pod, claims: readonly PersistentVolumeClaim[]): Pod {
  const { priority = 0, containers, initContainers, affinity, ...spec } = pod.spec;
  const volume = claims.length > 0 && r.chance(0.5) ? randomVolume(r, claims) : undefined;
  const own = claims.filter(
    ({ metadata }) => metadata.name === volume?.persistentVolumeClaim?.claimName,
  );
  const named = priority === 0 ? {} : { priorityClassName: className(priority), priority };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.metadata.name,
      namespace: own[0]?.metadata.namespace ?? pod.metadata.namespace,
      labels: pod.metadata.labels,
    },
    spec: {
      ...spec,
      ...named,
      terminationGracePeriodSeconds: 0,
      affinity,
      overhead: undefined,
      ...(spec.overhead === undefined
        ? {}
        : { overhead: spec.overhead, runtimeClassName: "heavy" }),
      containers: containers.map(withLimits),
      initContainers: initContainers?.map(withLimits),
      resources: r.maybe(0.12, () => ({ requests: { cpu: r.pick(["2", "3"]), memory: "6Gi" } })),
      volumes: volume && [volume],
    },
    status: {},
  };
}

/** Selects web pods: they are spread by default. */
function serviceOf(namespace: string): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace },
    spec: { selector: { app: "web" }, clusterIP: "None" },
    status: {},
  };
}

export interface RandomScenario extends Opening {
  /** The next pod to be tried. */
  nextPod(): Pod;
}

export function randomScenario(r: Random, seed: number, volumes: boolean): RandomScenario {
  const count = 4 + r.below(14);
  const nodes: Node[] = Array.from({ length: count }, (_, i) =>
    randomNode(r, `n${String(i).padStart(3, "0")}`),
  );
  const names = nodes.map(({ metadata }) => metadata.name);
  const stored = Array.from({ length: volumes ? 8 : 0 }, (_, index) => boundVolume(r, index));
  const claims = stored.map(([, claim]) => claim);
  let serial = 0;
  const pod = (prefix: string) => completed(r, randomPod(r, `${prefix}${serial++}`, names), claims);
  return {
    seed,
    namespaces: randomNamespaces(r),
    nodes,
    budgets: r.chance(0.5) ? [randomBudget(r, "b0"), randomBudget(r, "b1")] : [],
    services: r.chance(0.5) ? [serviceOf("red"), serviceOf("green")] : [],
    volumes: stored.map(([volume]) => volume),
    claims,
    pods: Array.from({ length: 5 + r.below(count * 3) }, () => {
      const bound = pod("b");
      const startTime = new Date(1.7e12 + r.below(1e6) * 1000).toISOString().replace(".000", "");
      const status = r.chance(0.8) ? { startTime } : {};
      return { ...bound, status, spec: { ...bound.spec, nodeName: names[r.below(count)] } };
    }),
    nextPod: () => pod("p"),
  };
}
