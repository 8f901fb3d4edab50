/** A pod whose affinity names one node (DaemonSets): only that node is asked, and all such pods share a class. */
import type { NodeSelectorTerm, PodSpec } from "#gen/api/core/v1.ts";

function nameOf({ matchFields = [] }: NodeSelectorTerm): string | undefined {
  const [field] = matchFields;
  if (matchFields.length !== 1 || field?.key !== "metadata.name" || field.operator !== "In")
    return undefined;
  return field.values?.length === 1 ? field.values[0] : undefined;
}

/** The node that every required term names, if they agree. Spread constraints read all of the affinity. */
export function pinnedName(spec: PodSpec): string | undefined {
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined || (spec.topologySpreadConstraints ?? []).length > 0) return undefined;
  const [first, ...others] = terms.map(nameOf);
  return first !== undefined && others.every((name) => name === first) ? first : undefined;
}

/** The spec without the name; a term that said nothing else holds everywhere, so then no term is left. */
export function withoutPin(spec: PodSpec): PodSpec {
  const { affinity } = spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (affinity?.nodeAffinity === undefined || required === undefined) return spec;
  const nodeSelectorTerms = required.nodeSelectorTerms.map(({ matchExpressions }) => ({
    matchExpressions,
  }));
  const open = nodeSelectorTerms.some(({ matchExpressions = [] }) => matchExpressions.length === 0);
  return {
    ...spec,
    affinity: {
      ...affinity,
      nodeAffinity: {
        ...affinity.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: open ? undefined : { nodeSelectorTerms },
      },
    },
  };
}
