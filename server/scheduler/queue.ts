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
import { Heap } from "./heap.ts";
import { prepareEvent } from "./hints.ts";
import { Lanes } from "./lanes.ts";
import type { ClusterEvent } from "./plugins/plugin.ts";
import { RefusedPods } from "./refused-pods.ts";
import { VictimsLeaving } from "./victims-leaving.ts";

export interface QueuedPod {
  readonly key: string;
  pod: Pod;
  readonly priority: number;
  /** Order of arrival. */
  readonly sequence: number;
  attempts: number;
  /** Of the last attempt. */
  attemptedAt: number;
  /** Filters that refused it at the last attempt (bits 1 << filter); 0: unknown. */
  refusedBy: number;
  /** Equal for pods that fit where the others fit, and that the same events help. */
  alike: string;
  /** Its victims are being evicted: it is not tried before that is done, but what would wake it is noted. */
  held: boolean;
  woken: boolean;
  /** Where it waits; undefined: nowhere, an attempt is under way. */
  place: Place | undefined;
}

/** Upstream's podInitialBackoffSeconds and podMaxBackoffSeconds, in milliseconds. */
const backoffDefaults = { initial: 1000, max: 10_000 };
/** Backoffs that end in one such span are ordered by priority. Milliseconds. */
const backoffWindow = 1000;
/** Pods that no event woke are tried again after this long (upstream's 5 minutes). */
const unschedulableMax = 5 * 60_000;

type Place = "active" | "backoff" | "unschedulable" | "gated";

/** How many follow a scout that was placed: as many tries go to waste at most as pods were placed, and one. */
const followers = 2;

/** What a place's pods come out of. */
interface Order {
  peek(): QueuedPod | undefined;
  pop(): QueuedPod | undefined;
}

export function backoffOf(attempts: number, { initial, max } = backoffDefaults): number {
  return Math.min(initial * 2 ** Math.max(0, attempts - 1), max);
}

export interface QueueOptions {
  /** Does SchedulingGates hold the gated pod back? */
  readonly holdsGated?: (pod: Pod) => boolean;
  /** Are claims of devices that the pod names not there yet? Asked of pods with claims alone. */
  readonly lacksClaims?: (pod: Pod) => boolean;
  /** Milliseconds. */
  readonly backoff?: { readonly initial: number; readonly max: number } | undefined;
  /** Hears into which part pods come, and whence. */
  readonly onIncoming?: (queue: string, event: string) => void;
}

export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #waiting = new Map<string, QueuedPod>();
  readonly #active = new Lanes<QueuedPod>();
  readonly #backoff = new Heap<QueuedPod>(
    (a, b) =>
      this.#windowOf(a) - this.#windowOf(b) || b.priority - a.priority || a.sequence - b.sequence,
  );
  readonly #refused = new RefusedPods();
  readonly #gated = new Set<QueuedPod>();
  readonly #leaving = new VictimsLeaving<QueuedPod>();
  #sequence = 0;

  constructor(options: QueueOptions = {}) {
    this.#options = options;
  }

  /** Pods in each place, as upstream's pending_pods counts them. */
  counts(): Record<Place, number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const { place } of this.#waiting.values()) if (place !== undefined) counts[place]++;
    return counts;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** A pending pod appeared or changed. A change may make it fit: it is tried again. */
  set(key: string, pod: Pod): void {
    const known = this.#waiting.get(key);
    if (known === undefined || known.pod.metadata.uid !== pod.metadata.uid) {
      this.remove(key);
      const sequence = this.#sequence++;
      const priority = pod.spec.priority ?? 0;
      const fresh = { attempts: 0, attemptedAt: 0, refusedBy: 0, alike: "" };
      const held = { held: false, woken: false, place: undefined };
      const queued = { key, pod, priority, sequence, ...fresh, ...held };
      this.#put(queued, this.#isGated(pod) ? "gated" : "active");
      return;
    }
    const { pod: before, place } = known;
    known.pod = pod;
    if (this.#isGated(pod)) this.#put(known, "gated");
    else if (place === "gated") this.#put(known, "active");
    else if (place === "unschedulable" && !known.held && changesPlacement(before, pod))
      this.#put(known, "backoff");
  }

  remove(key: string): void {
    const known = this.#waiting.get(key);
    if (known === undefined) return;
    this.#waiting.delete(key);
    if (known.place === "unschedulable") this.#refused.remove(known);
    this.#gated.delete(known);
    this.#leaving.forget(known);
    known.place = undefined;
    this.#settle(known, 1);
  }

  #isGated(pod: Pod): boolean {
    if (pod.spec.resourceClaims !== undefined && this.#options.lacksClaims?.(pod) === true)
      return true;
    if ((pod.spec.schedulingGates ?? []).length === 0) return false;
    return this.#options.holdsGated?.(pod) ?? true;
  }

  #windowOf({ attempts, attemptedAt }: QueuedPod): number {
    if (attempts === 0) return 0;
    return Math.floor((attemptedAt + backoffOf(attempts, this.#options.backoff)) / backoffWindow);
  }

  /** The next pod to try, taken out. */
  pop(now: number): QueuedPod | undefined {
    this.#releaseBackoff(now);
    const queued = this.#take(this.#active, "active") ?? this.#take(this.#backoff, "backoff");
    if (queued === undefined) return undefined;
    this.#waiting.delete(queued.key);
    this.#leaving.forget(queued);
    queued.place = undefined;
    queued.attempts++;
    queued.attemptedAt = now;
    return queued;
  }

  /** A popped pod has its place. */
  placed(queued: QueuedPod): void {
    this.#settle(queued, followers);
  }

  /**
   * A popped pod that fits nowhere: it waits for an event that may lift one of the refusals. `alike` is equal
   * for pods that events help alike, and of which none fits where one of them does not.
   */
  refused(queued: QueuedPod, refusedBy: number, alike: string): void {
    const now = `${refusedBy} ${alike}`;
    // Refused as before: so would the others be.
    this.#settle(queued, queued.alike === now ? 0 : 1);
    queued.refusedBy = refusedBy;
    queued.woken = false;
    queued.alike = now;
    this.#put(queued, "unschedulable");
  }

  /** If it was a scout, so many of its kind follow. */
  #settle(queued: QueuedPod, count: number): void {
    if (!this.#refused.return(queued)) return;
    for (const next of this.#refused.next(queued.alike, count)) this.#wake(next);
  }

  /**
   * A refused pod is not to be tried before `release`, nor before the events show that its victims (keys) are going:
   * a try would take them for standing, and make room once more. `leaving`: victims that are known to go already.
   */
  hold(queued: QueuedPod, victims: readonly string[], leaving: readonly string[] = []): void {
    queued.held = true;
    queued.woken = false;
    this.#leaving.expect(queued, victims, leaving);
  }

  /** All victims are told; the pod is tried again if something woke it meanwhile, or in any case (`activate`). */
  release(queued: QueuedPod, activate: boolean): void {
    queued.held = false;
    if (queued.place !== "unschedulable") return;
    if (activate) this.#put(queued, "active");
    else this.#tryWoken(queued);
  }

  #wake(queued: QueuedPod): void {
    queued.woken = true;
    this.#tryWoken(queued);
  }

  #tryWoken(queued: QueuedPod): void {
    if (queued.place !== "unschedulable" || !queued.woken) return;
    if (queued.held || this.#leaving.stand(queued)) return;
    this.#refused.send(queued);
    this.#put(queued, "backoff");
  }

  /** A popped pod whose attempt went wrong for another reason. */
  failed(queued: QueuedPod): void {
    this.#settle(queued, 1);
    this.#put(queued, "backoff");
  }

  /**
   * Wakes a pod of each kind that the event may help; returns how many. Of victims only the last to go helps whom they
   * make room for: a try before that would find the others in the way, and cost the pod a longer backoff.
   */
  move(event: ClusterEvent): number {
    if (this.#refused.isEmpty) return 0;
    const helps = prepareEvent(event);
    const { freed, others } = this.#leaving.see(event);
    const woken = new Set<QueuedPod>();
    for (const queued of this.#refused.eachIdle()) {
      // Who waits for victims has heard already of something that helps.
      if (queued.woken || others.includes(queued) || !concerns(event, queued)) continue;
      if (helps(queued.pod, queued.refusedBy)) woken.add(queued);
    }
    for (const queued of freed) if (queued.place === "unschedulable") woken.add(queued);
    for (const queued of woken) this.#wake(queued);
    for (const queued of others) this.#tryWoken(queued);
    return woken.size;
  }

  /** Claims came or changed: pods that only waited for theirs are tried. */
  claimsChanged(): void {
    for (const queued of this.#gated)
      if (queued.pod.spec.resourceClaims !== undefined && !this.#isGated(queued.pod))
        this.#put(queued, "active");
  }

  /** Wakes pods that waited for an event too long. */
  flush(now: number): void {
    for (const queued of this.#refused.all()) {
      if (now - queued.attemptedAt < unschedulableMax) continue;
      if (queued.held) queued.woken = true;
      else this.#put(queued, "active");
    }
  }

  #releaseBackoff(now: number): void {
    for (let next = this.#first(this.#backoff, "backoff"); next !== undefined; ) {
      if (this.#windowOf(next) * backoffWindow > now) return;
      this.#put(next, "active");
      next = this.#first(this.#backoff, "backoff");
    }
  }

  #put(queued: QueuedPod, place: Place): void {
    if (queued.place === "unschedulable") this.#refused.remove(queued);
    if (queued.place === undefined) {
      // A pod of the same name that came meanwhile gives way.
      this.remove(queued.key);
      this.#waiting.set(queued.key, queued);
    }
    queued.place = place;
    if (place === "gated") {
      this.#gated.add(queued);
      this.#settle(queued, 1);
    } else this.#gated.delete(queued);
    if (place === "unschedulable") this.#refused.add(queued);
    this.#options.onIncoming?.(place, queued.attempts === 0 ? "PodAdd" : "ScheduleAttemptFailure");
    if (place === "active") this.#active.push(queued);
    if (place === "backoff") this.#backoff.push(queued);
  }

  /** Entries that have moved on stay where they were; they are passed over here. */
  #first(from: Order, place: Place): QueuedPod | undefined {
    for (let next = from.peek(); next !== undefined; next = from.peek()) {
      if (next.place === place) return next;
      from.pop();
    }
    return undefined;
  }

  #take(from: Order, place: Place): QueuedPod | undefined {
    const first = this.#first(from, place);
    if (first !== undefined) from.pop();
    return first;
  }
}

/** Conditions written by the scheduler itself must not wake the pod. */
function changesPlacement(before: Pod, now: Pod): boolean {
  return (
    JSON.stringify([before.spec, before.metadata.labels]) !==
    JSON.stringify([now.spec, now.metadata.labels])
  );
}

/** Room that a hope kept is free for pods that had to heed it, and for its own pod where that did not fit in it. */
function concerns(event: ClusterEvent, { pod, refusedBy }: QueuedPod): boolean {
  if (event.kind !== "pod" || event.upTo === undefined) return true;
  // Turned away at Permit: it fitted, and would be asked for and turned away without end.
  if (refusedBy === 0 && event.before?.metadata.uid === pod.metadata.uid) return false;
  return (pod.spec.priority ?? 0) <= event.upTo;
}
