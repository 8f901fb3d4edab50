/** Why each node refuses a pod and how the others score: read back from the module, by upstream's names. */
import type { Pod } from "#gen/api/core/v1.ts";
import {
  H_P_VERDICTS,
  H_SCORES,
  H_SCORES_STRIDE,
  H_VERDICTS,
  HEADER,
  S_BALANCED_ALLOCATION,
  S_DYNAMIC_RESOURCES,
  S_IMAGE_LOCALITY,
  S_INTER_POD_AFFINITY,
  S_NODE_AFFINITY,
  S_NODE_RESOURCES_FIT,
  S_POD_TOPOLOGY_SPREAD,
  S_TAINT_TOLERATION,
  S_VOLUME_BINDING,
  V_DEVICE,
  V_NO_NODE,
  V_NODE_AFFINITY,
  V_UNRESOLVABLE,
} from "#gen/scheduler-abi.ts";
import type { Encoded, Preemption, SchedulerCache } from "./cache.ts";
import type { DevicePlan } from "./devices/plan.ts";
import { filterBit } from "./filter-bits.ts";
import { type PreemptionOutcome, refusalSentence, withoutVictims } from "./reasons.ts";

const columns = [
  ["TaintToleration", S_TAINT_TOLERATION],
  ["NodeAffinity", S_NODE_AFFINITY],
  ["NodeResourcesFit", S_NODE_RESOURCES_FIT],
  ["PodTopologySpread", S_POD_TOPOLOGY_SPREAD],
  ["InterPodAffinity", S_INTER_POD_AFFINITY],
  ["NodeResourcesBalancedAllocation", S_BALANCED_ALLOCATION],
  ["ImageLocality", S_IMAGE_LOCALITY],
  ["VolumeBinding", S_VOLUME_BINDING],
  ["DynamicResources", S_DYNAMIC_RESOURCES],
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

/** Verdict -> number of nodes that gave it. */
type Tally = ReadonlyMap<number, number>;

function tallyOf({ core, nodes }: SchedulerCache, header: number, pin: number): Tally {
  const tally = new Map<number, number>();
  const first = core.arena.get(HEADER + header) >> 2;
  const column = core.arena.i32.subarray(first, first + nodes.slotsUsed);
  if (pin >= 0) {
    const verdict = column[pin];
    return verdict === undefined ? tally : tally.set(verdict, 1);
  }
  for (let slot = 0; slot < column.length; slot++) {
    const verdict = column[slot] ?? V_NO_NODE;
    if (nodes.factsOf(slot) === undefined) continue;
    tally.set(verdict, (tally.get(verdict) ?? 0) + 1);
  }
  return tally;
}

export interface Explained {
  readonly verdicts: Tally;
  readonly message: string;
  /** Filters that refused some node, as bits 1 << number of the filter. */
  readonly filters: number;
  readonly preemption: Preemption | undefined;
  /** It was allowed to preempt. */
  readonly eligible: boolean;
}

function tryPreemption(
  cache: SchedulerCache,
  encoded: Encoded,
  { pod, verdicts, eligible }: { pod: Pod; verdicts: Tally; eligible: string | undefined },
): { found?: Preemption; outcome: PreemptionOutcome } {
  if (eligible !== undefined) return { outcome: { words: eligible } };
  const priority = pod.spec.priority ?? 0;
  if (!(cache.lowestPriority < priority))
    return { outcome: { verdicts: withoutVictims(verdicts) } };
  const found = cache.preempt(encoded);
  if (found === undefined) {
    return { outcome: { verdicts: tallyOf(cache, H_P_VERDICTS, encoded.pin) } };
  }
  const words = `found a potential placement for pod on node ${found.nodeName}, preempting ${found.victims.length} victims`;
  return { found, outcome: { words } };
}

interface Asking {
  readonly pod: Pod;
  /**
   * Why the pod may not preempt, in upstream's words; undefined: it may; null: nobody preempts here.
   * Hears what a node answered.
   */
  readonly eligible: (verdictOn: (nodeName: string) => number) => string | undefined | null;
}

/** What is done for its claims meanwhile. */
function noteOf(devices: DevicePlan | undefined): string | undefined {
  if (devices?.stale !== undefined) return "deletion of ResourceClaim completed";
  return devices?.idle[0] && "deallocation of ResourceClaim completed";
}

/** What a pod that fits nowhere is told, which filters refused it, and where room can be made for it. */
export function refusalOf(
  cache: SchedulerCache,
  encoded: Encoded,
  { pod, eligible }: Asking,
): Explained {
  const { core, nodes } = cache;
  core.calls.explain(encoded.cls.address);
  const verdicts = tallyOf(cache, H_VERDICTS, encoded.pin);
  let asked = 0;
  let filters = 0;
  for (const [verdict, times] of verdicts) {
    asked += times;
    filters |= filterBit(verdict);
  }
  const notAsked = nodes.size - asked;
  if (notAsked > 0) filters |= filterBit(V_NODE_AFFINITY);
  // What is short there may be served by devices elsewhere.
  if (encoded.delegated.length > 0) filters |= filterBit(V_DEVICE);
  const why = eligible((nodeName) => {
    const slot = nodes.slotOf(nodeName);
    if (slot === undefined) return V_UNRESOLVABLE;
    return core.arena.get(core.arena.get(HEADER + H_VERDICTS) + slot * 4);
  });
  const { found, outcome } =
    why === null || nodes.size === 0
      ? { found: undefined, outcome: undefined }
      : tryPreemption(cache, encoded, { pod, verdicts, eligible: why });
  const { names } = encoded.cls;
  const note = noteOf(encoded.devices);
  const message = refusalSentence({ verdicts, names, notAsked, preemption: outcome, note });
  return { verdicts, message, filters, preemption: found, eligible: why === undefined };
}
