/** A client that lists, watches, loses its connection and goes on with another server. */
import { ApiError } from "#apimachinery/status.ts";
import type { Client, WatchOptions } from "#client/client.ts";
import { configmaps } from "#gen/api/core/v1.ts";
import type { Revision } from "#storage/storage.ts";
import { namespace, selector, shown } from "./checks.ts";
import { isMarked, type Place, pause, revisionOf } from "./clients.ts";
import type { WatchRecord } from "./record.ts";

/** Short, so that watches end by themselves now and then. */
const watchSeconds = 12;
const initialEventsEnd = "k8s.io/initial-events-end";

export interface Head {
  readonly compacted: Revision;
  readonly epoch: number;
}

export class WatchingClient {
  readonly record: WatchRecord;
  readonly #place: Place;
  readonly #head: () => Promise<Head>;
  /** Everything at or below it was told; undefined: it must list. */
  at: Revision | undefined;
  #initial: string[] = [];

  constructor(place: Place, name: string, parts: { selected: boolean; head: () => Promise<Head> }) {
    this.#place = place;
    this.#head = parts.head;
    this.record = { name, selected: parts.selected, steps: [] };
    place.record.watches.push(this.record);
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        await this.#watch(this.#place.someClient(), stop);
      } catch (error) {
        if (error instanceof ApiError && error.status.reason === "Expired") await this.#expired();
      }
      await pause(50 + this.#place.random() * 200);
    }
  }

  get #scope(): WatchOptions {
    const chosen = { labelSelector: `${selector.label}=${selector.value}` };
    return {
      namespace,
      allowWatchBookmarks: true,
      timeoutSeconds: watchSeconds,
      ...(this.record.selected ? chosen : {}),
    };
  }

  async #watch(client: Client, stop: AbortSignal): Promise<void> {
    const { steps, name } = this.record;
    const cut = AbortSignal.timeout(1_000 + this.#place.random() * watchSeconds * 1_000);
    const signal = AbortSignal.any([stop, cut]);
    const from = this.at;
    const start =
      from === undefined
        ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" as const }
        : { resourceVersion: `${from}` };
    this.#initial = [];
    if (from !== undefined) steps.push({ step: "opened", from, server: name });
    for await (const { type, object } of client.watch(configmaps, {
      ...this.#scope,
      ...start,
      signal,
    })) {
      if (signal.aborted) return;
      const revision = revisionOf(object);
      if (this.at === undefined) this.#begin(type, object, revision);
      else {
        this.at = revision;
        if (type === "BOOKMARK" || !isMarked(object)) steps.push({ step: "bookmark", revision });
        else steps.push({ step: "event", type, revision, shown: shown(object) });
      }
    }
  }

  /** The initial events, up to the bookmark that ends them. */
  #begin(type: string, object: Parameters<typeof shown>[0], revision: Revision): void {
    if (type !== "BOOKMARK") {
      if (object.metadata.annotations?.["mark"] !== undefined) this.#initial.push(shown(object));
      return;
    }
    if (object.metadata.annotations?.[initialEventsEnd] !== "true") return;
    this.at = revision;
    this.record.steps.push({ step: "state", revision, items: this.#initial.sort() });
  }

  async #expired(): Promise<void> {
    const from = this.at;
    this.at = undefined;
    if (from === undefined) return;
    const head = await this.#head().catch(() => undefined);
    if (head !== undefined) this.record.steps.push({ step: "expired", from, ...head });
  }
}
