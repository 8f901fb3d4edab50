/** Which pods of an older template go next, within what the set may lose or gain meanwhile. */
import { scaledValue } from "#controllers/int-or-percent.ts";
import { isPodTerminating, untilAvailable } from "#controllers/pod-conditions.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { isOf, type Place, type Plan, surges } from "./plan.ts";

export interface Rolled {
  readonly going: readonly Pod[];
  /** Nodes that get a pod of the new template beside the old one. */
  readonly coming: readonly string[];
}

interface Pair {
  readonly node: string;
  readonly old: Pod | undefined;
  readonly next: Pod | undefined;
}

function pairOf({ node, pods }: Place, hash: string): Pair {
  const staying = pods.filter((pod) => !isPodTerminating(pod));
  return {
    node: node.metadata.name,
    old: staying.find((pod) => !isOf(pod, hash)),
    next: staying.find((pod) => isOf(pod, hash)),
  };
}

export function rolledPods({ set, hash, places }: Plan, now: Date): Rolled {
  const wanted = places.filter(({ fit }) => fit.run);
  const pairs = wanted.map((place) => pairOf(place, hash));
  const minReady = set.spec.minReadySeconds ?? 0;
  const available = (pod: Pod | undefined): boolean =>
    pod !== undefined && untilAvailable(pod, minReady, now) === 0;
  const { maxUnavailable = 1, maxSurge = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  if (surges(set)) {
    const surge = scaledValue(maxSurge, wanted.length, Math.ceil);
    const under = pairs.filter(({ old, next }) => old !== undefined && next !== undefined);
    const done = under.filter(({ next }) => available(next));
    const broken = pairs.filter(({ old, next }) => !next && old && !available(old));
    const waiting = pairs.filter(({ old, next }) => !next && old && available(old));
    const room = Math.max(0, surge - (under.length - done.length));
    return {
      going: done.flatMap(({ old }) => old ?? []),
      coming: [...broken, ...waiting.slice(0, room)].map(({ node }) => node),
    };
  }
  const unavailableMax = scaledValue(maxUnavailable, wanted.length, Math.ceil);
  const outdated = pairs.filter(({ old, next }) => old !== undefined && next === undefined);
  const broken = outdated.filter(({ old }) => !available(old));
  const working = outdated.filter(({ old }) => available(old));
  const missing = pairs.filter(({ old, next }) => !available(old) && !available(next)).length;
  const room = Math.max(0, unavailableMax - missing);
  const going = [...broken, ...working.slice(0, room)].flatMap(({ old }) => old ?? []);
  return { going, coming: [] };
}
