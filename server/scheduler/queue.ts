/**
 * Pods that wait for a node. Pure: time is an argument, in milliseconds.
 *
 *   add ──> active ──pop──> (an attempt) ──fits──> gone
 *             ▲                 │ fits nowhere
 *     backoff over              ▼
 *          backoff <──event── unschedulable        gated: until its gates are gone
 *
 * Active is ordered by priority, then by the time of the first `add`. A pod that failed n times waits
 * min(1 s * 2^(n-1), 10 s) after an event woke it, counted from its attempt; less when nothing else waits.
 */
import type { Pod } from "#gen/api/core/v1.ts";
import {
  V_AFFINITY,
  V_ANTI_AFFINITY,
  V_EXISTING_ANTI,
  V_FIRST_REQUEST,
  V_PORTS,
  V_REQUESTS_MAX,
  V_SPREAD,
  V_SPREAD_LABEL,
  V_TOO_MANY_PODS,
} from "#gen/scheduler-abi.ts";
import { Heap } from "./heap.ts";

export interface QueuedPod {
  readonly key: string;
  pod: Pod;
  readonly priority: number;
  /** Order of arrival. */
  readonly sequence: number;
  attempts: number;
  /** Of the last attempt. */
  attemptedAt: number;
  /** Verdict bits of all nodes at the last attempt: what events can help. */
  refusedBy: number;
}

export type ClusterEvent = "node" | "pod added" | "pod removed" | "other";

const backoffInitial = 1000;
const backoffMax = 10_000;
/** Pods that no event woke are tried again after this long (upstream's 5 minutes). */
const unschedulableMax = 5 * 60_000;

const requestBits = ((1 << V_REQUESTS_MAX) - 1) * V_FIRST_REQUEST;
/** Which refusals an event may lift. */
const helps: Record<ClusterEvent, number> = {
  node: -1,
  other: -1,
  "pod added": V_AFFINITY | V_SPREAD | V_SPREAD_LABEL,
  "pod removed":
    requestBits | V_TOO_MANY_PODS | V_PORTS | V_SPREAD | V_ANTI_AFFINITY | V_EXISTING_ANTI,
};

type Place = "active" | "backoff" | "unschedulable" | "gated";

export function backoffOf(attempts: number): number {
  return Math.min(backoffInitial * 2 ** Math.max(0, attempts - 1), backoffMax);
}

function isGated(pod: Pod): boolean {
  return (pod.spec.schedulingGates ?? []).length > 0;
}

export class SchedulingQueue {
  readonly #places = new Map<string, { readonly queued: QueuedPod; place: Place }>();
  readonly #active = new Heap<QueuedPod>(
    (a, b) => b.priority - a.priority || a.sequence - b.sequence,
  );
  readonly #backoff = new Heap<QueuedPod>(
    (a, b) => readyAt(a) - readyAt(b) || a.sequence - b.sequence,
  );
  /** Refusal bits -> unschedulable pods refused by just those: an event looks at few of them. */
  readonly #refused = new Map<number, Set<QueuedPod>>();
  #sequence = 0;

  /** Pods in each place, as upstream's pending_pods counts them. */
  counts(): Record<Place, number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const { place } of this.#places.values()) counts[place]++;
    return counts;
  }

  get size(): number {
    return this.#places.size;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** A pending pod appeared or changed. A change may make it fit: it is tried again. */
  set(key: string, pod: Pod): void {
    const known = this.#places.get(key);
    if (known === undefined || known.queued.pod.metadata.uid !== pod.metadata.uid) {
      this.remove(key);
      const sequence = this.#sequence++;
      const priority = pod.spec.priority ?? 0;
      const queued = { key, pod, priority, sequence, attempts: 0, attemptedAt: 0, refusedBy: 0 };
      this.#put(queued, isGated(pod) ? "gated" : "active");
      return;
    }
    const { queued, place } = known;
    const before = queued.pod;
    queued.pod = pod;
    if (isGated(pod)) this.#put(queued, "gated");
    else if (place === "gated") this.#put(queued, "active");
    else if (place === "unschedulable" && changesPlacement(before, pod))
      this.#put(queued, "backoff");
  }

  remove(key: string): void {
    const known = this.#places.get(key);
    if (known === undefined) return;
    this.#places.delete(key);
    if (known.place === "unschedulable") this.#forgetRefused(known.queued);
  }

  /** The next pod to try, taken out. */
  pop(now: number): QueuedPod | undefined {
    this.#releaseBackoff(now);
    const queued = this.#take(this.#active, "active") ?? this.#take(this.#backoff, "backoff");
    if (queued === undefined) return undefined;
    this.#places.delete(queued.key);
    queued.attempts++;
    queued.attemptedAt = now;
    return queued;
  }

  /** A popped pod that fits nowhere: it waits for an event that may lift one of the refusals. */
  refused(queued: QueuedPod, refusedBy: number): void {
    queued.refusedBy = refusedBy;
    this.#put(queued, "unschedulable");
  }

  /** A popped pod whose attempt went wrong for another reason. */
  failed(queued: QueuedPod): void {
    this.#put(queued, "backoff");
  }

  /** Wakes the pods that the event may help; returns how many. */
  move(event: ClusterEvent): number {
    let moved = 0;
    for (const [bits, pods] of this.#refused) {
      if (bits !== 0 && (bits & helps[event]) === 0) continue;
      moved += pods.size;
      for (const queued of [...pods]) this.#put(queued, "backoff");
    }
    return moved;
  }

  /** Wakes pods that waited for an event too long. */
  flush(now: number): void {
    for (const pods of this.#refused.values()) {
      for (const queued of [...pods]) {
        if (now - queued.attemptedAt >= unschedulableMax) this.#put(queued, "active");
      }
    }
  }

  #releaseBackoff(now: number): void {
    for (let next = this.#first(this.#backoff, "backoff"); next !== undefined; ) {
      if (readyAt(next) > now) return;
      this.#put(next, "active");
      next = this.#first(this.#backoff, "backoff");
    }
  }

  #put(queued: QueuedPod, place: Place): void {
    if (this.#places.get(queued.key)?.place === "unschedulable") this.#forgetRefused(queued);
    this.#places.set(queued.key, { queued, place });
    if (place === "unschedulable") {
      const alike = this.#refused.get(queued.refusedBy);
      if (alike === undefined) this.#refused.set(queued.refusedBy, new Set([queued]));
      else alike.add(queued);
    }
    if (place === "active") this.#active.push(queued);
    if (place === "backoff") this.#backoff.push(queued);
  }

  #forgetRefused(queued: QueuedPod): void {
    const alike = this.#refused.get(queued.refusedBy);
    alike?.delete(queued);
    if (alike?.size === 0) this.#refused.delete(queued.refusedBy);
  }

  /** Heaps keep entries that have moved on; they are passed over here. */
  #first(heap: Heap<QueuedPod>, place: Place): QueuedPod | undefined {
    for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
      const known = this.#places.get(next.key);
      if (known?.queued === next && known.place === place) return next;
      heap.pop();
    }
    return undefined;
  }

  #take(heap: Heap<QueuedPod>, place: Place): QueuedPod | undefined {
    const first = this.#first(heap, place);
    if (first !== undefined) heap.pop();
    return first;
  }
}

function readyAt({ attempts, attemptedAt }: QueuedPod): number {
  return attempts === 0 ? 0 : attemptedAt + backoffOf(attempts);
}

/** Conditions written by the scheduler itself must not wake the pod. */
function changesPlacement(before: Pod, now: Pod): boolean {
  return (
    JSON.stringify([before.spec, before.metadata.labels]) !==
    JSON.stringify([now.spec, now.metadata.labels])
  );
}
