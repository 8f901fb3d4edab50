/** The benched shapes, from scheduling.yaml, and the objects that they are made of. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Node, Pod, PodSpec } from "#gen/api/core/v1.ts";

interface Template {
  readonly labels?: Readonly<Record<string, string>>;
  readonly priority?: number;
  /** Each pod names a node by its affinity, as a DaemonSet's do. */
  readonly pinned?: boolean;
  readonly spec: PodSpec;
}

export interface SchedulingCase {
  readonly name: string;
  readonly form: "throughput" | "preemption" | "lone" | "cold";
  readonly nodes: number;
  /** How many, of which templates by turns. */
  readonly init: readonly [count: number, ...templates: string[]];
  readonly pods: readonly [count: number, ...templates: string[]];
  /** Pods are spread over so many. */
  readonly namespaces: number;
  readonly churn?: { readonly nodes: number; readonly deletions: number } | undefined;
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
    init: [init === 0 ? 0 : less(init), ...initTemplates],
    pods: [less(pods), ...podTemplates],
  };
}

const zones = 3;

export function benchNode(index: number, generation = 0): Node {
  const name = `node-${String(index).padStart(6, "0")}`;
  const amounts = { cpu: "4", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": `zone-${index % zones}`,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        ...(generation > 0 ? { "example.com/generation": String(generation) } : {}),
      },
    },
    spec: {},
    status: { allocatable: amounts, capacity: amounts },
  };
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
  const node = benchNode(index % size.nodes).metadata.name;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: `bench-${index % size.namespaces}`,
      uid: name,
      labels: template.labels,
    },
    spec: {
      ...template.spec,
      ...(template.priority === undefined ? {} : { priority: template.priority }),
      ...(pin ? pinnedTo(node) : {}),
    },
    status: {},
  };
}
