/**
 * The scheduler: informers feed cache and queue, slices of pods go through the module, decisions go out as
 * bindings. It only knows the API, so any API server will do.
 */

import { isReason } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import { type Clock, systemClock } from "#client/clock.ts";
import { createEventRecorder, type EventRecorder } from "#client/event-recorder.ts";
import { electLeader, type LeaderElectionOptions } from "#client/leader-election.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { V_UNRESOLVABLE } from "#gen/scheduler-abi.ts";
import type { Logger } from "#telemetry/log.ts";
import { alikeOf, apart, filtersUnasked } from "./alike.ts";
import { bind, bindingsMax } from "./bind.ts";
import { bindVolumes } from "./bind-volumes.ts";
import { batchMax, type Encoded, podKey, SchedulerCache } from "./cache.ts";
import { ClaimBinder } from "./devices/claim-binder.ts";
import { type Explained, refusalOf } from "./explain.ts";
import { type SchedulerMetrics, schedulerMetrics } from "./metrics.ts";
import { type PermitOutcome, WaitingPods } from "./permit.ts";
import { nominate, Refusals } from "./pod-condition.ts";
import { defaultProfile, type Profile } from "./profile.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { hopelessSentence } from "./reasons.ts";
import { Slice } from "./slice.ts";
import { feed, openSources } from "./sources.ts";
import { evict, isLeaving, isPreempted } from "./victims.ts";

type LeaseOptions = Pick<
  LeaderElectionOptions,
  "name" | "namespace" | "leaseSeconds" | "renewDeadlineSeconds" | "retrySeconds"
>;

export interface SchedulerOptions {
  readonly client: Client;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
  /** Waits for the Lease kube-system/kube-scheduler first. */
  readonly leaderElect?: boolean | undefined;
  /** Of this candidate. */
  readonly identity?: string | undefined;
  /** Pods whose spec.schedulerName names one of them are ours. */
  readonly profiles?: readonly Profile[] | undefined;
  /** Of the Lease; upstream's by default. */
  readonly lease?: LeaseOptions | undefined;
  /** Milliseconds. */
  readonly backoff?: { readonly initial: number; readonly max: number } | undefined;
  readonly metrics?: SchedulerMetrics | undefined;
  /** Called when caches are full and pods are being placed. */
  readonly onReady?: (() => void) | undefined;
  /** Upstream's sampling of nodes and choice among equals, instead of the best of all. */
  readonly parity?: boolean | undefined;
  /** Of the hash that parts nodes of equal score. */
  readonly seed?: number | undefined;
}

/** Resolves when the signal is aborted and nothing is in flight any more. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { client, logger, signal, identity = "scheduler" } = options;
  const clock = options.clock ?? systemClock;
  const run = (until: AbortSignal) => new Scheduler({ ...options, clock, signal: until }).run();
  if (options.leaderElect !== true) return run(signal);
  const about = options.lease ?? { name: "kube-scheduler", namespace: "kube-system" };
  const lease = { ...about, client, identity, clock, logger };
  await electLeader(lease, (term) => run(AbortSignal.any([term, signal])), signal);
}

class Scheduler {
  readonly #options: SchedulerOptions & { readonly clock: Clock };
  readonly #events: EventRecorder;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #queue: SchedulingQueue;
  readonly #cache: SchedulerCache;
  readonly #sources: ReturnType<typeof openSources>;
  readonly #slice = new Slice();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #refusals = new Refusals();
  readonly #metrics: SchedulerMetrics;
  readonly #waiting: WaitingPods;
  readonly #claims: ClaimBinder;
  /** Pods whose volumes are on their way: they hold up nobody else. */
  #unhurried = 0;
  #wake: () => void = () => {};
  #lastFailure: (Explained & { readonly key: string }) | undefined;

  constructor(options: SchedulerOptions & { readonly clock: Clock }) {
    this.#options = options;
    const { client, clock, logger } = options;
    const profiles = options.profiles ?? [defaultProfile];
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    const component = profiles[0]?.schedulerName ?? defaultProfile.schedulerName;
    this.#events = createEventRecorder({ client, component, clock, logger });
    this.#sources = openSources(client, logger, clock);
    this.#metrics = options.metrics ?? schedulerMetrics();
    this.#waiting = new WaitingPods(clock);
    this.#claims = new ClaimBinder({
      ...{ client, clock, logger, signal: options.signal, events: this.#events },
      ...this.#sources.devices,
    });
    this.#queue = new SchedulingQueue({
      holdsGated: (pod) => this.#profileOf(pod).gates,
      lacksClaims: (pod) => this.#profileOf(pod).devices && this.#sources.lacksClaims(pod),
      backoff: options.backoff,
      onIncoming: (queue, event) => this.#metrics.incoming.add({ queue, event }),
    });
    this.#cache = new SchedulerCache({
      seed: options.seed ?? 1,
      parity: options.parity,
      defaultSelector: this.#sources.defaultSelector,
      profileOf: (pod) => this.#profileOf(pod),
      storage: this.#sources.storage,
      devices: this.#sources.devices,
    });
  }

  #profileOf(pod: Pod): Profile {
    return this.#profiles.get(pod.spec.schedulerName ?? "default-scheduler") ?? defaultProfile;
  }

  async run(): Promise<void> {
    const { signal, logger, clock } = this.#options;
    feed(this.#sources, {
      cache: this.#cache,
      queue: this.#queue,
      isOurs: (pod) => this.#profiles.has(pod.spec.schedulerName ?? "default-scheduler"),
      gone: ({ metadata }) => this.#waiting.get(metadata.uid)?.reject("removed"),
      wake: () => this.#wake(),
    });
    await this.#sources.start(signal);
    this.#metrics.watch({
      pending: () => this.#queue.counts(),
      nodes: () => this.#cache.nodes.size,
      pods: () => this.#cache.podCount,
      assumed: () => this.#inFlight.size + this.#waiting.size,
    });
    this.#options.onReady?.();
    logger.info("scheduler ready", { nodes: this.#cache.nodes.size, pods: this.#cache.podCount });
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      const busy = this.#room > 0 && this.#scheduleSlice();
      if (busy) await nextTurn();
      else await this.#idle(clock);
    }
    signal.removeEventListener("abort", stop);
    this.#waiting.forgetAll();
    await Promise.allSettled(this.#inFlight);
    await this.#events.flush();
  }

  /** Requests that may be begun. */
  get #room(): number {
    return bindingsMax - this.#inFlight.size + this.#unhurried;
  }

  /** Sleeps until there is news, at most until the queue has to be looked through again. */
  #idle(clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(1000, () => {
        this.#queue.flush(clock.now().getTime());
        resolve();
      });
      this.#wake = () => {
        cancel();
        this.#wake = () => {};
        resolve();
      };
      if (this.#options.signal.aborted) this.#wake();
    });
  }

  /** Tries as many pods as fit into one slice of time; false when none waits. */
  #scheduleSlice(): boolean {
    const now = this.#options.clock.now().getTime();
    const room = Math.min(this.#room, batchMax, this.#slice.pods);
    const batch: QueuedPod[] = [];
    while (batch.length < room) {
      const queued = this.#queue.pop(now);
      if (queued === undefined) break;
      batch.push(queued);
    }
    if (batch.length === 0) return false;
    const took = this.#slice.measure(batch.length, () => {
      for (const part of apart(batch, (pod) => this.#cache.taking(pod))) this.#place(part);
    });
    this.#metrics.algorithmDuration.observe({}, took / 1000 / batch.length);
    return true;
  }

  #place(batch: readonly QueuedPod[]): void {
    const encoded = this.#cache.encode(batch.map((queued) => queued.pod));
    let first = 0;
    while (first < batch.length) {
      const queued = batch[first];
      const what = encoded[first];
      if (queued !== undefined && what?.refusal !== undefined) {
        this.#refuseUnasked(queued, what, what.refusal);
        first++;
        continue;
      }
      const nominated = queued && this.#cache.nominations.nodeOf(queued.key);
      if (queued !== undefined && what !== undefined && nominated !== undefined) {
        this.#placeNominated(queued, what, nominated);
        first++;
        continue;
      }
      first += this.#placeRun(batch.slice(first), encoded.slice(first));
    }
  }

  /** Places pods up to the first that is nominated or fits nowhere; returns how many were settled. */
  #placeRun(batch: readonly QueuedPod[], encoded: readonly Encoded[]): number {
    const { nominations } = this.#cache;
    // The next one has to see whether a pod was turned away at Permit.
    const alone = batch[0] !== undefined && this.#profileOf(batch[0].pod).permits.length > 0;
    const end = batch.findIndex(
      ({ key, pod }, index) =>
        nominations.nodeOf(key) !== undefined ||
        encoded[index]?.refusal !== undefined ||
        (index > 0 && (alone || this.#profileOf(pod).permits.length > 0)),
    );
    const run = end < 0 ? encoded : encoded.slice(0, end);
    const done = this.#cache.schedule(run, (index, slot) => {
      const queued = batch[index];
      const what = run[index];
      if (queued !== undefined && what !== undefined) this.#placed(queued, what, slot);
    });
    const refused = batch[done];
    const what = run[done];
    if (refused === undefined || what === undefined) return done;
    this.#refuse(refused, what, undefined);
    return done + 1;
  }

  /** A pod for which room was made tries that node first, without looking at others. */
  #placeNominated(queued: QueuedPod, encoded: Encoded, nodeName: string): void {
    const cache = this.#cache;
    cache.nominations.remove(queued.key);
    const slot = cache.nodes.slotOf(nodeName) ?? -1;
    const asked = slot >= 0 && (encoded.pin < 0 || encoded.pin === slot);
    const fits = asked && cache.core.calls.choose(encoded.cls.address, slot) === slot;
    const what = fits ? { ...encoded, pin: slot } : encoded;
    const done = cache.schedule([what], (_, chosen) => this.#placed(queued, what, chosen));
    if (done === 0) this.#refuse(queued, encoded, nodeName);
    // Elsewhere: what was kept for it there is free.
    else if (!fits) this.#queue.move({ kind: "pod", before: queued.pod });
  }

  #placed(queued: QueuedPod, encoded: Encoded, slot: number): void {
    this.#queue.placed(queued);
    this.#cache.assume(queued.pod, encoded, slot, queued.key);
    const nodeName = this.#cache.nodes.nameOf(slot);
    if (encoded.devices !== undefined) this.#claims.reserve(queued.pod, encoded.devices, nodeName);
    if (this.#profileOf(queued.pod).permits.length === 0) this.#startBinding(queued, nodeName);
    else this.#permit(queued, nodeName);
  }

  #permit(queued: QueuedPod, nodeName: string): void {
    const { pod } = queued;
    let told = Promise.resolve(pod);
    try {
      this.#waiting.admit(this.#profileOf(pod).permits, pod, nodeName, (outcome) =>
        this.#permitted(queued, nodeName, outcome, told),
      );
    } catch (error) {
      this.#bindingFailed(queued, nodeName, error);
      return;
    }
    if (this.#waiting.get(pod.metadata.uid) === undefined) return;
    // Others see where it is going to be.
    const { client, logger } = this.#options;
    told = nominate(client, pod, nodeName).catch((error: unknown) => {
      if (!isReason(error, "NotFound"))
        logger.warn("nomination not written", { pod: queued.key, error: String(error) });
      return pod;
    });
    this.#track(told.then(() => {}));
  }

  #startBinding(queued: QueuedPod, nodeName: string): void {
    this.#track(this.#bind(queued, nodeName).finally(() => this.#wake()));
  }

  /** `told`: the pod as it is when the API knows where it waits. */
  #permitted(
    queued: QueuedPod,
    nodeName: string,
    { result, message, waited }: PermitOutcome,
    told: Promise<Pod>,
  ): void {
    if (waited !== undefined) this.#metrics.permitWait.observe({ result }, waited);
    if (result === "Success") this.#startBinding(queued, nodeName);
    else if (result === "Error") this.#bindingFailed(queued, nodeName, new Error(message));
    else {
      this.#release(queued);
      this.#count(queued.pod, "unschedulable", performance.now());
      if (!this.#sources.isPending(queued.pod)) return;
      this.#queue.refused(queued, 0, queued.key);
      const sentence = `0/1 nodes are available: 1 ${message}.`;
      this.#track(told.then((pod) => this.#tell({ pod, key: queued.key }, sentence, "")));
    }
    this.#wake();
  }

  /** An assumed pod's place is free again. */
  #release({ pod, key }: QueuedPod): void {
    if (this.#claims.holds(pod)) this.#track(this.#claims.release(pod));
    if (!this.#cache.isAssumed(key)) return;
    this.#cache.removePod(key);
    this.#queue.move({ kind: "pod", before: pod });
  }

  #bindingFailed(queued: QueuedPod, node: string, error: unknown): void {
    const { pod, key } = queued;
    this.#options.logger.warn("binding refused", { pod: key, node, error: String(error) });
    this.#release(queued);
    if (isReason(error, "NotFound") || this.#queue.has(key)) return;
    // Bound by somebody else: the informer tells; gone: it tells too. Otherwise it is tried again.
    if (this.#sources.isPending(pod)) this.#queue.failed(queued);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  async #bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { pod, key } = queued;
    const started = performance.now();
    const result = (name: string) => this.#count(pod, name, started);
    try {
      await this.#bindVolumes(pod, nodeName);
      if (this.#claims.holds(pod)) await this.#claims.bind(pod, nodeName);
      await this.#refusals.of(pod);
      await bind(this.#options.client, pod, nodeName);
      result("scheduled");
      this.#metrics.podAttempts.observe({}, queued.attempts);
      this.#events.event(pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${nodeName}`);
    } catch (error) {
      result("error");
      this.#bindingFailed(queued, nodeName, error);
    }
  }

  async #bindVolumes(pod: Pod, nodeName: string): Promise<void> {
    const node = this.#cache.nodes.factsOf(this.#cache.nodes.slotOf(nodeName) ?? -1);
    if (pod.spec.volumes === undefined || node === undefined) return;
    const { filters, volumeTimeoutSeconds: timeoutSeconds } = this.#profileOf(pod);
    if (!filters.has("VolumeBinding")) return;
    const { client, signal } = this.#options;
    const { storage, promises } = this.#sources;
    this.#unhurried++;
    try {
      await bindVolumes({ client, storage, pod, node, promises, timeoutSeconds, signal });
    } finally {
      this.#unhurried--;
    }
  }

  /** The attempt itself went wrong. */
  #failed(queued: QueuedPod, why: string): void {
    this.#count(queued.pod, "error", performance.now());
    this.#queue.failed(queued);
    const message = `running "DynamicResources" filter plugin: ${why}`;
    this.#tell(queued, message, undefined, "SchedulerError");
  }

  /** Its claims rule every node out. */
  #refuseUnasked(queued: QueuedPod, encoded: Encoded, why: string): void {
    if (encoded.devices?.error === why) {
      this.#failed(queued, why);
      return;
    }
    const profile = this.#profileOf(queued.pod);
    // DynamicResources has its notes on a pod that it refused itself.
    const devices = profile.devices && encoded.devices?.refusal !== why;
    const message = hopelessSentence(this.#cache.nodes.size, why, { ...profile, devices });
    this.#count(queued.pod, "unschedulable", performance.now());
    this.#queue.refused(queued, filtersUnasked(encoded), alikeOf(queued, encoded));
    this.#tell(queued, message, undefined);
  }

  #tell(
    { pod, key }: Pick<QueuedPod, "pod" | "key">,
    message: string,
    nominated: string | undefined,
    reason: "Unschedulable" | "SchedulerError" = "Unschedulable",
  ): void {
    const { client, clock, logger } = this.#options;
    this.#events.event(pod, "Warning", "FailedScheduling", message);
    const now = formatTime(clock.now());
    const refusal = { reason, message, now, nominated };
    this.#track(
      this.#refusals.write(client, pod, refusal).catch((error: unknown) => {
        logger.warn("condition not written", { pod: key, error: String(error) });
      }),
    );
  }

  #count(pod: Pod, result: string, started: number): void {
    const { schedulerName: profile } = this.#profileOf(pod);
    this.#metrics.attempts.add({ profile, result });
    const took = (performance.now() - started) / 1000;
    this.#metrics.attemptDuration.observe({ profile, result }, took);
  }

  /** `nominated`: where room had been made for it. */
  #refuse(queued: QueuedPod, encoded: Encoded, nominated: string | undefined): void {
    const { pod } = queued;
    const started = performance.now();
    const { message, filters, preemption, eligible } = this.#explain(pod, encoded, nominated);
    this.#count(pod, "unschedulable", started);
    // Room that is made, or was, is for this one alone.
    const isAlone = preemption !== undefined || nominated !== undefined;
    this.#queue.refused(queued, filters, isAlone ? queued.key : alikeOf(queued, encoded));
    if (encoded.devices !== undefined) this.#track(this.#claims.unblock(encoded.devices));
    let node = nominated === undefined ? undefined : eligible ? "" : nominated;
    if (preemption !== undefined) {
      node = preemption.nodeName;
      this.#preempt(queued, preemption.nodeName, preemption.victims);
    } else if (node) this.#cache.nominate(pod, node);
    this.#tell(queued, message, node);
  }

  /** Pods of one class that fail one after the other are told the same. */
  #explain(pod: Pod, encoded: Encoded, nominated: string | undefined): Explained {
    const priority = pod.spec.priority ?? 0;
    const policy = pod.spec.preemptionPolicy ?? "";
    const changes = this.#cache.core.calls.changes();
    const key = `${encoded.cls.id} ${encoded.pin} ${changes} ${priority} ${policy}`;
    const last = this.#lastFailure;
    if (nominated === undefined && last?.key === key) return last;
    const explained = refusalOf(this.#cache, encoded, {
      pod,
      eligible: (verdictOn) => this.#mayPreempt(pod, nominated, verdictOn),
    });
    const lasting = nominated === undefined && explained.preemption === undefined;
    this.#lastFailure = lasting ? { key, ...explained } : undefined;
    return explained;
  }

  /** undefined: it may; else why not, in upstream's words; null: nobody preempts in its profile. */
  #mayPreempt(
    pod: Pod,
    nominated: string | undefined,
    verdictOn: (nodeName: string) => number,
  ): string | undefined | null {
    if (!this.#profileOf(pod).preempts) return null;
    if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
    if (nominated === undefined || (verdictOn(nominated) & V_UNRESOLVABLE) !== 0) return undefined;
    const lesser = this.#cache.lesserPods(nominated, pod.spec.priority ?? 0);
    const leaving = lesser.some((key) => {
      const victim = this.#sources.podOf(key);
      return victim !== undefined && isPreempted(victim);
    });
    return leaving ? "not eligible due to a terminating pod on the nominated node." : undefined;
  }

  /** Room is made behind the loop's back: the pod is held until every victim is told to go, and seen to. */
  #preempt(queued: QueuedPod, nodeName: string, keys: readonly string[]): void {
    const { client, clock, logger } = this.#options;
    const { pod } = queued;
    this.#metrics.preemptions.add({});
    this.#metrics.victims.observe({}, keys.length);
    const known = (key: string) => this.#sources.podOf(key) ?? [];
    const all = keys.flatMap(known);
    const { nominations } = this.#cache;
    // Who waits for pods that leave anyway takes the hope of nobody, as upstream.
    const hopes = all.every(isLeaving) ? [] : nominations.lesser(nodeName, pod.spec.priority ?? 0);
    for (const key of hopes) nominations.remove(key);
    this.#cache.nominate(pod, nodeName);
    const victims = all.filter((victim) => !this.#recall(victim, pod, nodeName));
    const eviction = { preemptor: pod, nodeName, victims, lesserNominated: hopes.flatMap(known) };
    this.#queue.hold(queued, victims.map(podKey), victims.filter(isLeaving).map(podKey));
    const evicting = evict({ client, clock, events: this.#events }, eviction).then(
      () => this.#queue.release(queued, false),
      (error: unknown) => {
        logger.warn("victims not evicted", { pod: queued.key, error: String(error) });
        this.#queue.release(queued, true);
      },
    );
    this.#track(evicting.then(() => this.#wake()));
  }

  /** A victim that waits at Permit is not deleted: it looks for another place. */
  #recall(victim: Pod, { metadata }: Pod, nodeName: string): boolean {
    if (this.#waiting.get(victim.metadata.uid)?.preempt() !== true) return false;
    const by = `Preempted by pod ${metadata.uid} on node ${nodeName} (in kube-scheduler memory).`;
    this.#events.event(victim, "Normal", "Preempted", by);
    return true;
  }
}

/** Lets requests and events of the same process have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
