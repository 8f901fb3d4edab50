/** A random cluster as a trace opens with it: what the stock API server takes, with everything mixed. */
import type {
  Container,
  Node,
  PersistentVolumeClaim,
  Pod,
  Service,
  Volume,
} from "#gen/api/core/v1.ts";
import type { Random } from "../random.ts";
import { randomBudget, randomNamespaces, randomNode, randomPod } from "../random-objects.ts";
import type { Opening } from "../traces.ts";
import {
  boundVolume,
  freeVolumes,
  randomCapacities,
  randomClasses,
  randomCsiNodes,
  randomDrivers,
  waitingClaims,
} from "./random-storage.ts";
import { owners, unusualBoundPod, unusualBudgets, unusualNode, unusualPod } from "./unusual.ts";

/** PriorityClasses that pods name; without one a pod has 0. */
export const priorities = [-5, 10, 100] as const;
export const className = (priority: number): string => `p${priority}`.replace("-", "minus");

function withLimits(container: Container): Container {
  const gpu = container.resources?.requests?.["example.com/gpu"];
  const limits = gpu === undefined ? {} : { "example.com/gpu": gpu };
  return { ...container, resources: { ...container.resources, limits } };
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
  const { containers, initContainers, affinity, ...spec } = pod.spec;
  // Newcomers outrank those who are there more often than not: room is made.
  const eager = pod.metadata.name.startsWith("p") && r.chance(0.4);
  const priority = eager ? 100 : (pod.spec.priority ?? 0);
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

interface Wanted {
  readonly seed: number;
  /** 0: few, by chance. */
  readonly nodes: number;
  readonly volumes: boolean;
  readonly unusual: boolean;
}

export function randomScenario(r: Random, wanted: Wanted): RandomScenario {
  const { seed, nodes: many, volumes, unusual } = wanted;
  const count = many || 4 + r.below(14);
  const nodes: Node[] = Array.from({ length: count }, (_, i) => {
    const node = randomNode(r, `n${String(i).padStart(3, "0")}`);
    return unusual ? unusualNode(r, node) : node;
  });
  const names = nodes.map(({ metadata }) => metadata.name);
  const stored = Array.from({ length: volumes ? 8 : 0 }, (_, index) => boundVolume(r, index));
  const waiting = volumes ? waitingClaims(r) : [];
  const bound = stored.map(([, claim]) => claim);
  const claims = [...bound, ...waiting];
  let serial = 0;
  const pod = (prefix: string, from: readonly PersistentVolumeClaim[]) => {
    const one = completed(r, randomPod(r, `${prefix}${serial++}`, names), from);
    if (!unusual) return one;
    return prefix === "b" ? unusualBoundPod(r, one) : unusualPod(r, one);
  };
  return {
    seed,
    namespaces: randomNamespaces(r),
    nodes,
    budgets: unusual
      ? unusualBudgets(r)
      : r.chance(0.5)
        ? [randomBudget(r, "b0"), randomBudget(r, "b1")]
        : [],
    ...(unusual ? owners() : {}),
    services: r.chance(0.5) ? [serviceOf("red"), serviceOf("green")] : [],
    volumes: [...stored.map(([volume]) => volume), ...(volumes ? freeVolumes(r, nodes) : [])],
    claims,
    classes: volumes ? randomClasses(r) : [],
    drivers: volumes ? randomDrivers(r) : [],
    capacities: volumes ? randomCapacities(r) : [],
    csiNodes: volumes ? randomCsiNodes(r, nodes) : [],
    pods: Array.from({ length: 5 + r.below(Math.min(count, 20) * 3) }, () => {
      const one = pod("b", bound);
      const startTime = new Date(1.7e12 + r.below(1e6) * 1000).toISOString().replace(".000", "");
      const status = { ...one.status, ...(r.chance(0.8) ? { startTime } : {}) };
      return { ...one, status, spec: { ...one.spec, nodeName: names[r.below(count)] } };
    }),
    nextPod: () => pod("p", claims),
  };
}
