/** One informer a resource for everyone in a process. */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import type { Client } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createInformer, type Informer } from "./informer.ts";
import type { Indexers } from "./store.ts";

export interface SharedInformers {
  /** The informer of a resource, made when first asked for and started with the others. */
  of<T extends KubeObject>(ref: ResourceRef<T>, indexers?: Indexers<T>): Informer<T>;
  /** The informer of a resource if anyone asked for it. */
  known(ref: ResourceRef): Informer<KubeObject> | undefined;
  /** Starts those asked for so far; ones asked for later start at once. Resolves when all have synced. */
  start(signal: AbortSignal): Promise<void>;
}

export interface SharedInformersOptions {
  readonly client: Client;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

export function sharedInformers(options: SharedInformersOptions): SharedInformers {
  const { client, clock = systemClock, logger = silent } = options;
  const informers = new Map<string, Informer<KubeObject>>();
  let started: AbortSignal | undefined;
  return {
    known: (ref) => informers.get(keyOfRef(ref)),
    of<T extends KubeObject>(ref: ResourceRef<T>, indexers: Indexers<T> = {}): Informer<T> {
      const key = keyOfRef(ref);
      // The map forgets T; its key is the resource, which has one type.
      let informer = informers.get(key) as Informer<T> | undefined;
      if (informer === undefined) {
        informer = createInformer(client, ref, { clock, logger });
        informers.set(key, informer as unknown as Informer<KubeObject>);
        if (started !== undefined) informer.start(started);
      }
      informer.addIndexers(indexers);
      return informer;
    },
    async start(signal) {
      started = signal;
      const all = [...informers.values()];
      for (const informer of all) informer.start(signal);
      const stopped = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([Promise.all(all.map((informer) => informer.synced())), stopped]);
    },
  };
}

function keyOfRef({ group, version, plural }: ResourceRef): string {
  return `${group}/${version}/${plural}`;
}
