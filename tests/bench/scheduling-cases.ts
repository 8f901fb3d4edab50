/** The benched shapes, from scheduling.yaml, and the objects that they are made of. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Node, Pod, PodSpec } from "#gen/api/core/v1.ts";
import { type VolumeKind, volumesOf } from "./scheduling-volumes.ts";

interface Template {
  readonly labels?: Readonly<Record<string, string>>;
  readonly priority?: number;
  /** Each pod names a node by its affinity, as a DaemonSet's do. */
  readonly pinned?: boolean;
  readonly spec: PodSpec;
}

export interface SchedulingCase {
  readonly name: string;
  readonly form: "throughput" | "events" | "preemption" | "lone" | "cold";
  /** Lets in those of `pods` that fit nowhere; of form `events`. */
  readonly event?: "podDelete" | "podUpdate" | "nodeAdd" | undefined;
  readonly nodes: number;
  /** How many, of which templates by turns. */
  readonly init: readonly [count: number, ...templates: string[]];
  readonly pods: readonly [count: number, ...templates: string[]];
  /** Pods are spread over so many. */
  readonly namespaces: number;
  /** The nodes lie in so many. */
  readonly zones: number;
  /** So many nodes are tainted. */
  readonly tainted: number;
  /** Beside what every node has, or instead of it. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Pods ask for so many different amounts of cpu: as many classes. 0: all alike. */
  readonly classes: number;
  /** Pods keep away from their like by so many different terms. 0: none. */
  readonly terms: number;
  /** A Service selects pods with this label `app`: they are spread by default. */
  readonly service?: string | undefined;
  readonly churn?: { readonly nodes: number; readonly deletions: number } | undefined;
  /** Each pod has a volume of its own, of such a driver. */
  readonly volumes?: VolumeKind | undefined;
  /** Too large for a whole stack on one machine. */
  readonly core: boolean;
}

interface Data {
  readonly templates: Readonly<Record<string, Template>>;
  readonly cases: readonly (Partial<SchedulingCase> &
    Pick<SchedulingCase, "name" | "nodes" | "init" | "pods">)[];
}

const data: Data = parse(readFileSync(join(import.meta.dirname, "scheduling.yaml"), "utf8"), {
  merge: true,
});

export const schedulingCases: readonly SchedulingCase[] = data.cases.map((given) => ({
  form: "throughput",
  namespaces: 1,
  core: false,
  zones: 3,
  tainted: 0,
  allocatable: {},
  classes: 0,
  terms: 0,
  ...given,
}));

/** The same shape with fewer of everything. */
export function scaled(size: SchedulingCase, factor: number): SchedulingCase {
  const less = (count: number) => Math.max(1, Math.round(count * factor));
  const [init, ...initTemplates] = size.init;
  const [pods, ...podTemplates] = size.pods;
  return {
    ...size,
    nodes: less(size.nodes),
    tainted: Math.min(less(size.nodes), Math.round(size.tainted * factor)),
    init: [init === 0 ? 0 : less(init), ...initTemplates],
    pods: [less(pods), ...podTemplates],
  };
}

const taint = { key: "bench", value: "tainted", effect: "NoSchedule" as const };

export function nodeName(index: number): string {
  return `node-${String(index).padStart(6, "0")}`;
}

export function benchNode(size: SchedulingCase, index: number, generation = 0): Node {
  const name = nodeName(index);
  const amounts = {
    ...{ cpu: "4", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" },
    ...size.allocatable,
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": `zone-${index % size.zones}`,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        ...(generation > 0 ? { "example.com/generation": String(generation) } : {}),
      },
    },
    spec: index < size.tainted ? { taints: [taint] } : {},
    status: { allocatable: amounts, capacity: amounts },
  };
}

/** Tells the pod from others, as far as the case wants it. */
function varied(size: SchedulingCase, index: number, spec: PodSpec): PodSpec {
  const [container] = spec.containers;
  if (container === undefined || size.classes + size.terms === 0) return spec;
  const cpu = `${10 + (index % Math.max(1, size.classes))}m`;
  const requests = { ...container.resources?.requests, cpu };
  const podAffinityTerm = {
    topologyKey: "kubernetes.io/hostname",
    labelSelector: { matchLabels: { app: appOf(size, index) } },
  };
  const away = { requiredDuringSchedulingIgnoredDuringExecution: [podAffinityTerm] };
  return {
    ...spec,
    containers: [{ ...container, resources: { requests } }],
    ...(size.terms > 0 ? { affinity: { podAntiAffinity: away } } : {}),
  };
}

function appOf(size: SchedulingCase, index: number): string {
  return `app-${index % size.terms}`;
}

function pinnedTo(node: string): Partial<PodSpec> {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  };
}

/** The index-th pod of a case's `init` or `pods`. */
export function benchPod(size: SchedulingCase, what: "init" | "pods", index: number): Pod {
  const [, ...names] = size[what];
  const template = data.templates[names[index % names.length] ?? ""];
  if (template === undefined) throw new Error(`${size.name}: no such template`);
  const name = `${what}-${String(index).padStart(7, "0")}`;
  const pin = template.pinned === true;
  const node = nodeName(index % size.nodes);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: `bench-${index % size.namespaces}`,
      uid: name,
      labels: size.terms > 0 ? { app: appOf(size, index) } : template.labels,
    },
    spec: {
      ...varied(size, index, template.spec),
      ...(template.priority === undefined ? {} : { priority: template.priority }),
      ...(pin ? pinnedTo(node) : {}),
      ...(size.volumes === undefined ? {} : { volumes: volumesOf(name) }),
    },
    status: {},
  };
}

/** The pod after the event `podUpdate`: without gates, or no longer what others keep away from. */
export function updatedPod(size: SchedulingCase, what: "init" | "pods", index: number): Pod {
  const pod = benchPod(size, what, index);
  const { schedulingGates: _, ...spec } = pod.spec;
  if (what === "pods") return { ...pod, spec };
  return { ...pod, metadata: { ...pod.metadata, labels: { color: "white" } } };
}
