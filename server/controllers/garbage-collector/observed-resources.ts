/** Informers of all resources that can be garbage: those that others already hold, else of metadata alone. */
import type { Client } from "#client/client.ts";
import { sleep } from "#client/clock.ts";
import { discover, supports } from "#client/discovery.ts";
import { type ChangeHandler, createInformer, type Informer } from "#client/informer.ts";
import type { WatchContext } from "#controllers/controller.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

/** Events own nothing, are owned by nothing and come in masses. */
const ignored: ReadonlySet<string> = new Set(["/events", "events.k8s.io/events"]);

const syncMilliseconds = 30_000;

interface Watched {
  readonly informer: Informer<KubeObject>;
  stop(): void;
}

export class ObservedResources {
  readonly #context: WatchContext;
  readonly #handler: ChangeHandler<KubeObject>;
  readonly #watched = new Map<string, Watched>();
  #byKind: ReadonlyMap<string, ResourceRef> = new Map();

  constructor(context: WatchContext, handler: ChangeHandler<KubeObject>) {
    this.#context = context;
    this.#handler = handler;
  }

  /** The resource of a kind; the version of an owner reference may be another than the one we watch. */
  refOf(apiVersion: string, kind: string): ResourceRef | undefined {
    const slash = apiVersion.indexOf("/");
    return this.#byKind.get(`${slash < 0 ? "" : apiVersion.slice(0, slash)}/${kind}`);
  }

  /** Asks what resources there are now; resolves when the new ones are known in full. */
  async refresh(client: Client): Promise<void> {
    const { resources, incomplete } = await discover(client);
    this.#byKind = new Map(resources.map((ref) => [`${ref.group}/${ref.kind}`, ref]));
    const wanted = new Map<string, ResourceRef>();
    for (const ref of resources) {
      const key = `${ref.group}/${ref.plural}`;
      const collectable = supports(ref, "list", "watch", "delete") && !ref.plural.includes("/");
      if (collectable && !ignored.has(key)) wanted.set(key, ref);
    }
    for (const [key, watched] of this.#watched) {
      // A group that did not answer may be back in a moment: its objects are kept.
      if (wanted.has(key) || incomplete.length > 0) continue;
      watched.stop();
      this.#watched.delete(key);
    }
    const fresh = [...wanted].filter(([key]) => !this.#watched.has(key));
    await Promise.all(fresh.map(([key, ref]) => this.#watch(key, ref)));
  }

  async #watch(key: string, ref: ResourceRef): Promise<void> {
    const { informers, client, clock, logger, signal } = this.#context;
    const stopped = new AbortController();
    const both = AbortSignal.any([signal, stopped.signal]);
    const shared = informers.known(ref);
    const options = { metadataOnly: true, transform: bare, clock, logger };
    const informer = shared ?? createInformer(client, ref, options);
    const unsubscribe = informer.onChange(this.#handler);
    this.#watched.set(key, {
      informer,
      stop: () => {
        stopped.abort();
        unsubscribe();
        for (const object of informer.list()) {
          this.#handler.deleted?.(object, { finalStateKnown: false });
        }
      },
    });
    if (shared === undefined) informer.start(both);
    // One that cannot be listed must not stop all collection: its objects are then looked up live.
    await Promise.race([informer.synced(), sleep(clock, syncMilliseconds, both)]);
  }
}

/** What the graph reads; everything else would only take memory. */
function bare({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers } = metadata;
  const { deletionTimestamp } = metadata;
  const kept = { name, namespace, uid, resourceVersion, ownerReferences, finalizers };
  return { apiVersion, kind, metadata: { ...kept, deletionTimestamp } };
}
