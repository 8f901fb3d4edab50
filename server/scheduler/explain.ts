/** Why each node refuses a pod and how the others score: read back from the module, by upstream's names. */
import type { Pod } from "#gen/api/core/v1.ts";
import {
  H_SCORES,
  H_SCORES_STRIDE,
  H_VERDICTS,
  HEADER,
  S_BALANCED_ALLOCATION,
  S_IMAGE_LOCALITY,
  S_INTER_POD_AFFINITY,
  S_NODE_AFFINITY,
  S_NODE_RESOURCES_FIT,
  S_POD_TOPOLOGY_SPREAD,
  S_TAINT_TOLERATION,
  V_NO_NODE,
} from "#gen/scheduler-abi.ts";
import type { Encoded, SchedulerCache } from "./cache.ts";
import { refusalSentence } from "./reasons.ts";

const columns = [
  ["TaintToleration", S_TAINT_TOLERATION],
  ["NodeAffinity", S_NODE_AFFINITY],
  ["NodeResourcesFit", S_NODE_RESOURCES_FIT],
  ["PodTopologySpread", S_POD_TOPOLOGY_SPREAD],
  ["InterPodAffinity", S_INTER_POD_AFFINITY],
  ["NodeResourcesBalancedAllocation", S_BALANCED_ALLOCATION],
  ["ImageLocality", S_IMAGE_LOCALITY],
] as const;

/** Verdict bits of every node, by slot; 0 fits. Slots without a node are left out. */
export function verdicts({ core, nodes }: SchedulerCache, { cls }: Encoded): Map<number, number> {
  core.calls.explain(cls.address);
  const column = core.arena.get(HEADER + H_VERDICTS);
  const found = new Map<number, number>();
  for (let slot = 0; slot < nodes.slotsUsed; slot++) {
    const verdict = core.arena.get(column + slot * 4);
    if ((verdict & V_NO_NODE) === 0) found.set(slot, verdict);
  }
  return found;
}

/** Plugin -> score times weight, of one node that `verdicts` has just found feasible. */
export function scoresOf(
  { core: { arena } }: SchedulerCache,
  slot: number,
): Record<string, number> {
  const scores = arena.get(HEADER + H_SCORES);
  const stride = arena.get(HEADER + H_SCORES_STRIDE);
  return Object.fromEntries(
    columns.map(([plugin, column]) => [plugin, arena.get(scores + column * stride + slot * 4)]),
  );
}

/** Verdict bits -> number of nodes that gave them. */
export type Tally = ReadonlyMap<number, number>;

function tallyAll({ core, nodes }: SchedulerCache, { cls, pin }: Encoded): Tally {
  core.calls.explain(cls.address);
  const tally = new Map<number, number>();
  const first = core.arena.get(HEADER + H_VERDICTS) >> 2;
  const column = core.arena.i32.subarray(first, first + nodes.slotsUsed);
  if (pin >= 0) {
    const verdict = column[pin];
    return verdict === undefined ? tally : tally.set(verdict, 1);
  }
  for (const verdict of column) {
    if ((verdict & V_NO_NODE) === 0) tally.set(verdict, (tally.get(verdict) ?? 0) + 1);
  }
  return tally;
}

/** What a pod that fits nowhere is told, and every bit that some node refused it with. */
export function refusalOf(cache: SchedulerCache, encoded: Encoded, pod: Pod) {
  const verdicts = tallyAll(cache, encoded);
  let asked = 0;
  let bits = 0;
  for (const [verdict, nodes] of verdicts) {
    asked += nodes;
    bits |= verdict;
  }
  const lower = cache.lowestPriority < (pod.spec.priority ?? 0);
  const never = pod.spec.preemptionPolicy === "Never";
  const message = refusalSentence({
    verdicts,
    requests: encoded.shape.requestNames,
    notAsked: cache.nodes.size - asked,
    preemption: never ? "never" : lower ? "unknown" : "no victims",
  });
  return { message, bits };
}
