/**
 * Keeps a sink equal to what the server holds. One stream does it all where the server can (WatchList:
 * the initial objects, a bookmark that ends them, then changes); where it refuses, a list and then a watch.
 * A broken stream is resumed from the last resourceVersion seen; only when the server has forgotten that
 * one (410) everything is read again, and the sink gets the difference.
 */
import { ApiError } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import type { Client, ListOptions, WatchEvent } from "./client.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";

export interface ReflectorOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly metadataOnly?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Between 0 and 1; spreads back-off and watch timeouts. */
  readonly random?: (() => number) | undefined;
}

export interface ReflectorSink<T> {
  /** Runs on each object when it is received: drops what nobody here reads, before a whole state is gathered. */
  readonly transform?: ((object: T) => T) | undefined;
  /** The whole state: whatever is not in it is gone. */
  replace(objects: readonly T[], resourceVersion: string): void;
  /** Bookmarks too: they only move the resourceVersion. */
  apply(event: WatchEvent<T>): void;
}

/** client-go's reflector: 0.8 s doubled up to 30 s, jittered, forgotten after two quiet minutes. */
const backoffMillisecondsMin = 800;
const backoffMillisecondsMax = 30_000;
const backoffResetMilliseconds = 120_000;
/** client-go asks for 5 to 10 minutes. */
const watchSecondsMin = 300;
const listPageSize = 500;
/** Answers of a server that knows no WatchList; others (no right, no resource yet) may pass. */
const watchListRefusals: ReadonlySet<number> = new Set([400, 405, 406, 415, 422]);
const initialEventsEnd = "k8s.io/initial-events-end";

export async function reflect<T extends KubeObject>(
  client: Client,
  ref: ResourceRef<T>,
  options: ReflectorOptions,
  sink: ReflectorSink<T>,
  signal: AbortSignal,
): Promise<void> {
  const reflector = new Reflector(client, ref, options, sink, signal);
  await reflector.run();
}

class Reflector<T extends KubeObject> {
  readonly #client: Client;
  readonly #ref: ResourceRef<T>;
  readonly #scope: ListOptions;
  readonly #sink: ReflectorSink<T>;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #random: () => number;
  /** The last resourceVersion seen; undefined: the state must be read anew. */
  #resourceVersion: string | undefined;
  #watchListRefused = false;
  #listedBefore = false;
  #backoff = backoffMillisecondsMin;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(
    client: Client,
    ref: ResourceRef<T>,
    options: ReflectorOptions,
    sink: ReflectorSink<T>,
    signal: AbortSignal,
  ) {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = options;
    this.#client = client;
    this.#ref = ref;
    this.#scope = { namespace, labelSelector, fieldSelector, metadataOnly };
    this.#sink = sink;
    this.#signal = signal;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silent;
    this.#random = options.random ?? Math.random;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#settle(error);
        await this.#pause();
      }
    }
  }

  async #step(): Promise<void> {
    if (this.#resourceVersion !== undefined) return this.#watch(this.#resourceVersion);
    if (this.#watchListRefused) return this.#list();
    return this.#watchList();
  }

  /** What an error means for the next attempt. */
  #settle(error: unknown): void {
    const fields = { resource: this.#ref.plural, error: String(error) };
    if (!(error instanceof ApiError)) {
      this.#logger.debug("watch interrupted", fields);
      return;
    }
    const { code, reason, details } = error.status;
    const tooLarge =
      details?.causes?.some((it) => it.reason === "ResourceVersionTooLarge") ?? false;
    if (code === 410 || reason === "Expired" || reason === "Gone" || tooLarge) {
      // After a restore the server's versions may lie behind ours: then too the state is read anew.
      this.#resourceVersion = undefined;
      return;
    }
    this.#logger.warn("watch refused", fields);
    if (code === 429 || code >= 500) return;
    if (watchListRefusals.has(code)) this.#watchListRefused = true;
    this.#resourceVersion = undefined;
  }

  async #pause(): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - this.#failedAt > backoffResetMilliseconds) this.#backoff = backoffMillisecondsMin;
    this.#failedAt = now;
    const wait = this.#backoff * (1 + this.#random());
    this.#backoff = Math.min(this.#backoff * 2, backoffMillisecondsMax);
    await sleep(this.#clock, wait, this.#signal);
  }

  async #watchList(): Promise<void> {
    const objects = new Map<string, T>();
    const stream = this.#open({ sendInitialEvents: true });
    let initial = true;
    for await (const event of stream) {
      if (!initial) {
        this.#take(event);
        continue;
      }
      if (event.type === "BOOKMARK") {
        if (event.object.metadata.annotations?.[initialEventsEnd] !== "true") continue;
        initial = false;
        this.#resourceVersion = event.object.metadata.resourceVersion;
        this.#sink.replace([...objects.values()], this.#resourceVersion ?? "");
        this.#listedBefore = true;
        continue;
      }
      const { namespace = "", name } = event.object.metadata;
      if (event.type === "DELETED") objects.delete(`${namespace}/${name}`);
      else objects.set(`${namespace}/${name}`, this.#lean(event.object));
    }
    if (!initial || this.#signal.aborted) return;
    // A server that ignores the parameter never sends the bookmark: it gets a plain list from now on.
    this.#watchListRefused = true;
    throw new Error("the stream ended before the initial events did");
  }

  /** The first list may come from any cache; one after a 410 must be of now, or it might end up there again. */
  async #list(): Promise<void> {
    const first = this.#listedBefore ? { limit: listPageSize } : { resourceVersion: "0" };
    const objects: T[] = [];
    let page = await this.#client.list(this.#ref, { ...this.#scope, ...first });
    const take = (items: readonly T[]) => {
      for (const item of items) objects.push(this.#lean(item));
    };
    take(page.items);
    while (page.continue !== "" && !this.#signal.aborted) {
      const next = { limit: listPageSize, continue: page.continue };
      page = await this.#client.list(this.#ref, { ...this.#scope, ...next });
      take(page.items);
    }
    this.#sink.replace(objects, page.resourceVersion);
    this.#listedBefore = true;
    this.#resourceVersion = page.resourceVersion;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const started = this.#clock.monotonic();
    let events = 0;
    for await (const event of this.#open({ resourceVersion })) {
      events++;
      this.#take(event);
    }
    const short = this.#clock.monotonic() - started < 1000;
    if (events === 0 && short) throw new Error("the server ended the watch at once");
  }

  #open(from: {
    sendInitialEvents?: true;
    resourceVersion?: string;
  }): AsyncIterable<WatchEvent<T>> {
    return this.#client.watch(this.#ref, {
      ...this.#scope,
      ...from,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.round(watchSecondsMin * (1 + this.#random())),
      signal: this.#signal,
    });
  }

  #lean(object: T): T {
    return this.#sink.transform?.(object) ?? object;
  }

  #take(event: WatchEvent<T>): void {
    const object = event.type === "BOOKMARK" ? event.object : this.#lean(event.object);
    this.#sink.apply({ ...event, object });
    this.#resourceVersion = event.object.metadata.resourceVersion;
  }
}
