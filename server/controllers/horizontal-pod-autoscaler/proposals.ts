/** From measurements to a number of replicas: upstream's formulas, each in one function. Values in thousandths. */
import { isPodReady } from "#controllers/pod-conditions.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { groupPods, type PodGroups } from "./pod-groups.ts";
import { requestsOf } from "./requests.ts";
import { NoProposal, type PodSamples } from "./samples.ts";

const replicasMax = 2 ** 31 - 1;

export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

export interface Scaled {
  readonly specReplicas: number;
  readonly statusReplicas: number;
  /** That its selector matches. */
  readonly pods: readonly Pod[];
  readonly tolerances: Tolerances;
  readonly now: Date;
}

const isWithin = ({ up, down }: Tolerances, ratio: number): boolean =>
  1 - down <= ratio && ratio <= 1 + up;

const rounded = (replicas: number): number => Math.min(replicasMax, Math.ceil(replicas));

interface Usage {
  /** Of what is used to what is wanted. */
  readonly ratio: number;
  /** Of a pod. */
  readonly average: number;
}

type Measured = ReadonlyMap<string, number>;

/** `measure` is asked again with assumed values for pods that are missing or not ready. */
function replicasFor<T extends Usage>(
  { specReplicas, tolerances }: Scaled,
  groups: PodGroups,
  measure: (values: Measured) => T,
  assumed: (pod: string) => number,
): { readonly replicas: number; readonly usage: T } {
  const values = new Map([...groups.samples].map(([name, { value }]) => [name, value]));
  const usage = measure(values);
  const { ratio } = usage;
  const upWithUnready = groups.unready.length > 0 && ratio > 1;
  if (!upWithUnready && groups.missing.length === 0) {
    const replicas = isWithin(tolerances, ratio)
      ? specReplicas
      : rounded(ratio * groups.readyCount);
    return { replicas, usage };
  }
  // Missing pods dampen: when less is needed they count as busy, when more is, as idle.
  for (const name of ratio === 1 ? [] : groups.missing) {
    values.set(name, ratio < 1 ? assumed(name) : 0);
  }
  for (const name of upWithUnready ? groups.unready : []) values.set(name, 0);
  const anew = measure(values).ratio;
  const turned = (ratio < 1 && anew > 1) || (ratio > 1 && anew < 1);
  if (isWithin(tolerances, anew) || turned) return { replicas: specReplicas, usage };
  const replicas = rounded(anew * values.size);
  const against = (anew < 1 && replicas > specReplicas) || (anew > 1 && replicas < specReplicas);
  return { replicas: against ? specReplicas : replicas, usage };
}

function groupsOf({ pods, now }: Scaled, samples: PodSamples, resource: string): PodGroups {
  if (pods.length === 0) {
    throw new NoProposal("no pods returned by selector while calculating replica count");
  }
  const groups = groupPods(pods, samples, resource, now);
  if (groups.samples.size === 0) {
    throw new NoProposal("did not receive metrics for targeted pods (pods might be unready)");
  }
  return groups;
}

export interface UtilizationTarget {
  readonly resource: string;
  /** Of the one container; "" for the whole pod. */
  readonly container: string;
  readonly percent: number;
}

interface Utilization extends Usage {
  readonly percent: number;
}

/** A share of what the pods request. */
export function byUtilization(scaled: Scaled, samples: PodSamples, target: UtilizationTarget) {
  const { resource, container, percent: wanted } = target;
  const groups = groupsOf(scaled, samples, resource);
  const requests = requestsOf(scaled.pods, resource, container);
  const measure = (values: Measured): Utilization => {
    const known = [...values].filter(([name]) => requests.has(name));
    const used = known.reduce((sum, [, value]) => sum + value, 0);
    const requested = known.reduce((sum, [name]) => sum + (requests.get(name) ?? 0), 0);
    if (requested === 0) throw new NoProposal("no metrics returned matched known pods");
    // Memory of many pods in thousandths of a byte, times a hundred, exceeds exact numbers.
    const percent = Number((BigInt(used) * 100n) / BigInt(requested));
    return { ratio: percent / wanted, percent, average: Math.trunc(used / known.length) };
  };
  const busy = Math.max(100, wanted);
  return replicasFor(scaled, groups, measure, (name) =>
    Math.trunc(((requests.get(name) ?? 0) * busy) / 100),
  );
}

/** So much of something for each pod. */
export function byAverage(scaled: Scaled, samples: PodSamples, resource: string, wanted: number) {
  const groups = groupsOf(scaled, samples, resource);
  const measure = (values: Measured): Usage => {
    const used = [...values.values()].reduce((sum, value) => sum + value, 0);
    const average = Math.trunc(used / values.size);
    return { ratio: average / wanted, average };
  };
  return replicasFor(scaled, groups, measure, () => wanted);
}

/** One value that all pods together bring to what is wanted. */
export function byValue(scaled: Scaled, used: number, wanted: number): number {
  const { specReplicas, tolerances, pods } = scaled;
  const ratio = used / wanted;
  if (specReplicas === 0) return rounded(ratio);
  if (isWithin(tolerances, ratio)) return specReplicas;
  if (pods.length === 0) {
    throw new NoProposal(
      "unable to calculate ready pods: no pods returned by selector while calculating replica count",
    );
  }
  const ready = pods.filter((pod) => pod.status?.phase === "Running" && isPodReady(pod));
  return rounded(ratio * ready.length);
}

/** One value that is divided among the pods. `average`: what each has now. */
export function byShare({ statusReplicas, tolerances }: Scaled, used: number, wanted: number) {
  const ratio = used / (wanted * statusReplicas);
  const replicas = isWithin(tolerances, ratio) ? statusReplicas : rounded(used / wanted);
  const average = statusReplicas === 0 ? used : Math.ceil(used / statusReplicas);
  return { replicas, average };
}
