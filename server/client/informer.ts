/** A live, indexed copy of one resource, and the news about it. */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { silent } from "#telemetry/log.ts";
import type { Client, WatchEvent } from "./client.ts";
import { type ReflectorOptions, reflect } from "./reflector.ts";
import { type Indexers, keyOf, objectKey, Store } from "./store.ts";

/** Called in the order of events, synchronously: a handler only takes notes (enqueues a key). */
export interface ChangeHandler<T> {
  added?(object: T, context: { readonly initial: boolean }): void;
  updated?(old: T, object: T): void;
  /** `finalStateKnown` false: it went while the watch was broken, and this is the last state seen. */
  deleted?(object: T, context: { readonly finalStateKnown: boolean }): void;
}

export interface InformerOptions<T> extends ReflectorOptions {
  readonly indexers?: Indexers<T> | undefined;
  /** Runs on each object received: drops what nobody here reads. */
  readonly transform?: ((object: T) => T) | undefined;
}

/** The objects are shared by everyone in the process: nobody changes one. */
export interface Informer<T extends KubeObject> {
  /** Runs until the signal is aborted; a second call does nothing. */
  start(signal: AbortSignal): void;
  /** Resolves when the first full state has been delivered to every handler. */
  synced(): Promise<void>;
  readonly hasSynced: boolean;
  get(namespace: string, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  byIndex(name: string, value: string): readonly T[];
  addIndexers(indexers: Indexers<T>): void;
  /** How far this copy has come: every change up to here is in it. "" before the first state. */
  readonly resourceVersion: string;
  /** A late handler gets what is already there as added. Returns the way to unsubscribe. */
  onChange(handler: ChangeHandler<T>): () => void;
}

export function createInformer<T extends KubeObject>(
  client: Client,
  ref: ResourceRef<T>,
  options: InformerOptions<T> = {},
): Informer<T> {
  return new SharedInformer(client, ref, options);
}

class SharedInformer<T extends KubeObject> implements Informer<T> {
  readonly #client: Client;
  readonly #ref: ResourceRef<T>;
  readonly #options: InformerOptions<T>;
  readonly #store: Store<T>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #firstSync: Promise<void>;
  #announceSync: () => void = () => {};
  #started = false;
  #synced = false;
  #resourceVersion = "";

  constructor(client: Client, ref: ResourceRef<T>, options: InformerOptions<T>) {
    this.#client = client;
    this.#ref = ref;
    this.#options = options;
    this.#store = new Store(options.indexers ?? {});
    this.#firstSync = new Promise((resolve) => {
      this.#announceSync = resolve;
    });
  }

  start(signal: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    const sink = {
      transform: this.#options.transform,
      replace: (objects: readonly T[], version: string) => this.#replace(objects, version),
      apply: (event: WatchEvent<T>) => this.#apply(event),
    };
    reflect(this.#client, this.#ref, this.#options, sink, signal).catch((error: unknown) => {
      const { logger = silent } = this.#options;
      logger.error("informer stopped", { resource: this.#ref.plural, error: String(error) });
    });
  }

  synced(): Promise<void> {
    return this.#firstSync;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  addIndexers(indexers: Indexers<T>): void {
    this.#store.addIndexers(indexers);
  }

  get(namespace: string, name: string): T | undefined {
    return this.#store.get(objectKey(namespace, name));
  }

  list(namespace?: string): readonly T[] {
    return this.#store.list(namespace);
  }

  byIndex(name: string, value: string): readonly T[] {
    return this.#store.byIndex(name, value);
  }

  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#store.list()) handler.added?.(object, { initial: true });
    return () => this.#handlers.delete(handler);
  }

  #replace(objects: readonly T[], resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    const present = new Set<string>();
    for (const object of objects) {
      present.add(keyOf(object));
      this.#put(object);
    }
    for (const key of this.#store.keys()) {
      if (!present.has(key)) this.#remove(key, { finalStateKnown: false });
    }
    this.#synced = true;
    this.#announceSync();
  }

  #apply({ type, object }: WatchEvent<T>): void {
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    if (type === "BOOKMARK") return;
    if (type !== "DELETED") {
      this.#put(object);
      return;
    }
    const key = keyOf(object);
    // The event carries the last state and the resourceVersion of the delete.
    if (this.#store.get(key) !== undefined) this.#remove(key, { finalStateKnown: true }, object);
  }

  #put(object: T): void {
    const key = keyOf(object);
    const old = this.#store.get(key);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      // Deleted and made again while nobody watched: two events, since it is another object.
      this.#remove(key, { finalStateKnown: false });
      this.#put(object);
      return;
    }
    if (old !== undefined && isSameVersion(old, object)) return;
    this.#store.put(key, object);
    const initial = !this.#synced;
    this.#notify((handler) => {
      if (old === undefined) handler.added?.(object, { initial });
      else handler.updated?.(old, object);
    });
  }

  #remove(key: string, context: { readonly finalStateKnown: boolean }, last?: T): void {
    const object = last ?? this.#store.get(key);
    if (object === undefined) return;
    this.#store.remove(key);
    this.#notify((handler) => handler.deleted?.(object, context));
  }

  /** A handler that throws is a bug of its own; the others still hear the news. */
  #notify(tell: (handler: ChangeHandler<T>) => void): void {
    for (const handler of this.#handlers) {
      try {
        tell(handler);
      } catch (error) {
        const { logger = silent } = this.#options;
        logger.error("handler failed", { resource: this.#ref.plural, error: String(error) });
      }
    }
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion;
}
