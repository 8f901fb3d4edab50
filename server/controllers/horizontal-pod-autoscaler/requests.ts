/** What pods ask for of a resource: what a utilization is a share of. In thousandths. */
import { quantityMilli } from "#apimachinery/quantity.ts";
import type { Container, Pod } from "#gen/api/core/v1.ts";
import { NoProposal } from "./samples.ts";

/** Throws NoProposal when a pod does not say. */
export function requestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string,
): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)]));
}

/** A request of the pod as a whole stands for those of its containers. */
function requestOf(pod: Pod, resource: string, container: string): number {
  const whole = pod.spec.resources?.requests;
  if (container === "" && whole !== undefined && Object.keys(whole).length > 0) {
    const said = whole[resource];
    if (said !== undefined) return quantityMilli(said);
    const sums = containersOf(pod).map(({ resources }) => resources?.requests?.[resource]);
    if (sums.every((sum) => sum === undefined)) {
      throw new NoProposal(`missing pod-level request for ${resource} in Pod ${pod.metadata.name}`);
    }
    return sums.reduce((total, sum) => total + quantityMilli(sum ?? "0"), 0);
  }
  return ofContainers(pod, resource, container);
}

const runsAlong = ({ restartPolicy }: Container): boolean => restartPolicy === "Always";

function containersOf({ spec }: Pod): readonly Container[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(runsAlong)];
}

function ofContainers(pod: Pod, resource: string, container: string): number {
  let sum = 0;
  for (const { name, resources } of containersOf(pod)) {
    if (container !== "" && container !== name) continue;
    const said = resources?.requests?.[resource];
    if (said === undefined) {
      throw new NoProposal(
        `missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`,
      );
    }
    sum += quantityMilli(said);
    if (container === name) return sum;
  }
  if (container === "") return sum;
  throw new NoProposal(`container ${container} not found in Pod ${pod.metadata.name}`);
}
