/** Which rule of a Job's podFailurePolicy a failed pod meets. */
import type { Job, PodFailurePolicyRule } from "#gen/api/batch/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";

function meets(pod: Pod, { onExitCodes, onPodConditions }: PodFailurePolicyRule): boolean {
  const { conditions = [], containerStatuses = [], initContainerStatuses = [] } = pod.status;
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    return [...containerStatuses, ...initContainerStatuses].some(({ name, state }) => {
      const code = state?.terminated?.exitCode ?? 0;
      if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
      return values.includes(code) === (operator === "In");
    });
  }
  return (onPodConditions ?? []).some(({ type, status = "True" }) =>
    conditions.some((condition) => condition.type === type && condition.status === status),
  );
}

/** The first that fits; undefined: the failure counts as any. */
export function ruleFor({ spec }: Job, pod: Pod): PodFailurePolicyRule | undefined {
  if (pod.status?.phase !== "Failed") return undefined;
  return spec.podFailurePolicy?.rules.find((rule) => meets(pod, rule));
}

/** Upstream's sentence for a pod that ends its Job. */
export function failureSentence(job: Job, pod: Pod): string | undefined {
  const rule = ruleFor(job, pod);
  if (rule?.action !== "FailJob") return undefined;
  const index = job.spec.podFailurePolicy?.rules.indexOf(rule) ?? 0;
  const { namespace = "", name } = pod.metadata;
  const matching = `matching FailJob rule at index ${index}`;
  if (rule.onExitCodes === undefined) {
    const [condition] = rule.onPodConditions ?? [];
    return `Pod ${namespace}/${name} has condition ${condition?.type} ${matching}`;
  }
  const failed = pod.status.containerStatuses?.find(
    ({ state }) => (state?.terminated?.exitCode ?? 0) !== 0,
  );
  const code = failed?.state?.terminated?.exitCode;
  return `Container ${failed?.name} for pod ${namespace}/${name} failed with exit code ${code} ${matching}`;
}
