/**
 * The scheduler: informers feed cache and queue, slices of pods go through the module, decisions go out as
 * bindings. It only knows the API, so any API server will do.
 */

import { isReason } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import { type Clock, systemClock } from "#client/clock.ts";
import { createEventRecorder, type EventRecorder } from "#client/event-recorder.ts";
import { electLeader } from "#client/leader-election.ts";
import type { Logger } from "#telemetry/log.ts";
import { bind, bindingsMax } from "./bind.ts";
import { batchMax, type Encoded, SchedulerCache } from "./cache.ts";
import { refusalOf } from "./explain.ts";
import { writeRefusal } from "./pod-condition.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { Slice } from "./slice.ts";
import { feed, openSources } from "./sources.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
  /** Waits for the Lease kube-system/kube-scheduler first. */
  readonly leaderElect?: boolean | undefined;
  /** Of this candidate. */
  readonly identity?: string | undefined;
  /** Pods whose spec.schedulerName says so are ours. */
  readonly schedulerName?: string | undefined;
  /** Of the hash that parts nodes of equal score. */
  readonly seed?: number | undefined;
}

/** Resolves when the signal is aborted and nothing is in flight any more. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { client, logger, signal, identity = "scheduler" } = options;
  const clock = options.clock ?? systemClock;
  const run = (until: AbortSignal) => new Scheduler({ ...options, clock, signal: until }).run();
  if (options.leaderElect !== true) return run(signal);
  const lease = { client, name: "kube-scheduler", identity, clock, logger };
  await electLeader(lease, (term) => run(AbortSignal.any([term, signal])), signal);
}

class Scheduler {
  readonly #options: SchedulerOptions & { readonly clock: Clock };
  readonly #events: EventRecorder;
  readonly #queue = new SchedulingQueue();
  readonly #cache: SchedulerCache;
  readonly #sources: ReturnType<typeof openSources>;
  readonly #slice = new Slice();
  readonly #inFlight = new Set<Promise<void>>();
  #wake: () => void = () => {};
  #lastFailure:
    | { readonly key: string; readonly message: string; readonly bits: number }
    | undefined;

  constructor(options: SchedulerOptions & { readonly clock: Clock }) {
    this.#options = options;
    const { client, clock, logger } = options;
    const component = options.schedulerName ?? "default-scheduler";
    this.#events = createEventRecorder({ client, component, clock, logger });
    this.#sources = openSources(client, logger);
    this.#cache = new SchedulerCache({
      seed: options.seed ?? 1,
      defaultSelector: this.#sources.defaultSelector,
    });
  }

  async run(): Promise<void> {
    const { signal, logger, clock } = this.#options;
    feed(this.#sources, {
      cache: this.#cache,
      queue: this.#queue,
      schedulerName: this.#options.schedulerName ?? "default-scheduler",
      wake: () => this.#wake(),
    });
    await this.#sources.start(signal);
    logger.info("scheduler ready", { nodes: this.#cache.nodes.size, pods: this.#cache.podCount });
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      const busy = this.#inFlight.size < bindingsMax && this.#scheduleSlice();
      if (busy) await nextTurn();
      else await this.#idle(clock);
    }
    signal.removeEventListener("abort", stop);
    await Promise.allSettled(this.#inFlight);
    await this.#events.flush();
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
    const room = Math.min(bindingsMax - this.#inFlight.size, batchMax, this.#slice.pods);
    const batch: QueuedPod[] = [];
    while (batch.length < room) {
      const queued = this.#queue.pop(now);
      if (queued === undefined) break;
      batch.push(queued);
    }
    if (batch.length === 0) return false;
    this.#slice.measure(batch.length, () => this.#place(batch));
    return true;
  }

  #place(batch: readonly QueuedPod[]): void {
    const encoded = this.#cache.encode(batch.map((queued) => queued.pod));
    let first = 0;
    while (first < batch.length) {
      const rest = encoded.slice(first);
      const done = this.#cache.schedule(rest, (index, slot) => {
        const queued = batch[first + index];
        const what = rest[index];
        if (queued !== undefined && what !== undefined) this.#placed(queued, what, slot);
      });
      const refused = batch[first + done];
      const what = rest[done];
      if (refused !== undefined && what !== undefined) this.#refuse(refused, what);
      first += done + 1;
    }
  }

  #placed(queued: QueuedPod, encoded: Encoded, slot: number): void {
    this.#cache.assume(queued.pod, encoded, slot);
    const writing = this.#bind(queued, this.#cache.nodes.nameOf(slot)).finally(() => {
      this.#inFlight.delete(writing);
      this.#wake();
    });
    this.#inFlight.add(writing);
  }

  async #bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { pod, key } = queued;
    try {
      await bind(this.#options.client, pod, nodeName);
      this.#events.event(pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${nodeName}`);
    } catch (error) {
      this.#options.logger.warn("binding refused", {
        pod: key,
        node: nodeName,
        error: String(error),
      });
      if (this.#cache.isAssumed(key)) {
        this.#cache.removePod(key);
        this.#queue.move("pod removed");
      }
      if (isReason(error, "NotFound") || this.#queue.has(key)) return;
      // Bound by somebody else: the informer tells; gone: it tells too. Otherwise it is tried again.
      if (this.#sources.isPending(pod)) this.#queue.failed(queued);
    }
  }

  #refuse(queued: QueuedPod, encoded: Encoded): void {
    const { client, clock, logger } = this.#options;
    const { pod, key } = queued;
    const { message, bits } = this.#explain(pod, encoded);
    this.#queue.refused(queued, bits);
    this.#events.event(pod, "Warning", "FailedScheduling", message);
    const now = formatTime(clock.now());
    const writing = writeRefusal(client, pod, { reason: "Unschedulable", message, now })
      .catch((error: unknown) => {
        if (isReason(error, "NotFound") || isReason(error, "Conflict")) return;
        logger.warn("condition not written", { pod: key, error: String(error) });
      })
      .finally(() => this.#inFlight.delete(writing));
    this.#inFlight.add(writing);
  }

  /** Pods of one class that fail one after the other are told the same. */
  #explain(pod: QueuedPod["pod"], encoded: Encoded) {
    const priority = pod.spec.priority ?? 0;
    const policy = pod.spec.preemptionPolicy ?? "";
    const changes = this.#cache.core.calls.changes();
    const key = `${encoded.cls.address} ${encoded.pin} ${changes} ${priority} ${policy}`;
    if (this.#lastFailure?.key !== key) {
      this.#lastFailure = { key, ...refusalOf(this.#cache, encoded, pod) };
    }
    return this.#lastFailure;
  }
}

/** Lets requests and events of the same process have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
