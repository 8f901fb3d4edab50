/** Which nodes a daemon belongs on. */

import { matches, type Requirement } from "#apimachinery/labels.ts";
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
  Taint,
  Toleration,
} from "#gen/api/core/v1.ts";
import { toleratesTaint } from "#resources/core/v1/tolerations.ts";

const operators = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
  Gt: "gt",
  Lt: "lt",
} as const;

const requirementOf = ({ key, operator, values = [] }: NodeSelectorRequirement): Requirement => ({
  key,
  operator: operators[operator],
  values,
});

function fitsTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node) {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const { labels, name } = node.metadata;
  return (
    matches(matchExpressions.map(requirementOf), labels) &&
    matches(matchFields.map(requirementOf), { "metadata.name": name })
  );
}

function isWanted(spec: PodSpec, node: Node): boolean {
  const { nodeName = "", nodeSelector = {}, affinity } = spec;
  const { labels = {}, name } = node.metadata;
  if (nodeName !== "" && nodeName !== name) return false;
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false;
  const terms =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => fitsTerm(term, node));
}

const always = (key: string, effect: Toleration["effect"]): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: "Exists",
  effect,
});

/** What every daemon bears: it is there to mend such nodes. */
export function daemonTolerations({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const own = [
    always("not-ready", "NoExecute"),
    always("unreachable", "NoExecute"),
    always("disk-pressure", "NoSchedule"),
    always("memory-pressure", "NoSchedule"),
    always("pid-pressure", "NoSchedule"),
    always("unschedulable", "NoSchedule"),
    ...(hostNetwork === true ? [always("network-unavailable", "NoSchedule")] : []),
  ];
  const stands = (one: Toleration): boolean =>
    tolerations.some(({ key, effect }) => key === one.key && effect === one.effect);
  return [...tolerations, ...own.filter((one) => !stands(one))];
}

export interface Fit {
  /** A pod must be made there. */
  readonly run: boolean;
  /** A pod that is there may stay. */
  readonly stay: boolean;
}

export function fitOf(spec: PodSpec, node: Node): Fit {
  if (!isWanted(spec, node)) return { run: false, stay: false };
  const tolerations = daemonTolerations(spec);
  const untolerated = (node.spec?.taints ?? []).filter(
    (taint: Taint) => !tolerations.some((toleration) => toleratesTaint(toleration, taint)),
  );
  return {
    run: untolerated.every(({ effect }) => effect === "PreferNoSchedule"),
    stay: untolerated.every(({ effect }) => effect !== "NoExecute"),
  };
}

/** The affinity that binds a pod to this node alone; other terms of the template are answered already. */
export function pinnedTo(spec: PodSpec, node: string): PodSpec["affinity"] {
  const field = { key: "metadata.name", operator: "In" as const, values: [node] };
  const nodeSelectorTerms = [{ matchFields: [field] }];
  const { affinity } = spec;
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
}

/** The node that a pod of a daemon is on, or is bound for. */
export function nodeOf(spec: PodSpec): string {
  if (spec.nodeName !== undefined && spec.nodeName !== "") return spec.nodeName;
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const fields = terms?.flatMap(({ matchFields = [] }) => matchFields) ?? [];
  return fields.find(({ key }) => key === "metadata.name")?.values?.[0] ?? "";
}
