/**
 * Who is told of an event. Watchers of a whole resource read the ring, so they are only woken. Narrow
 * ones (a namespace, a name, an index value) sit in a class found by one look-up, and get the event put
 * into their own short queue: 5 000 of them cost an event only the two or three that it concerns.
 */
import type { Revision } from "#storage/storage.ts";
import type { CacheEvent, Index, WatchScope } from "#storage/watch-cache.ts";

export interface Listener {
  /** A narrow listener's event, matching its scope; a broad one's is in the ring. */
  offer(event: CacheEvent): void;
  /** Events at or below the revision are held by nobody else any more. */
  forget(revision: Revision): void;
}

/** The narrowest class that holds all of a scope's events. */
export function classOf(scope: WatchScope): string {
  if (scope.index !== undefined) return `index/${scope.index.name}/${scope.index.value}`;
  if (scope.name !== undefined && scope.namespace !== undefined) {
    return `name/${scope.namespace}/${scope.name}`;
  }
  if (scope.name !== undefined) return `anyname/${scope.name}`;
  return scope.namespace === undefined ? "" : `namespace/${scope.namespace}`;
}

export class WatcherRegistry {
  readonly #indexes: readonly Index[];
  readonly #classes = new Map<string, Set<Listener>>();

  constructor(indexes: readonly Index[]) {
    this.#indexes = indexes;
  }

  add(scope: WatchScope, listener: Listener): () => void {
    const name = classOf(scope);
    const listeners = this.#classes.get(name) ?? new Set();
    this.#classes.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#classes.get(name) === listeners) {
        this.#classes.delete(name);
      }
    };
  }

  get empty(): boolean {
    return this.#classes.size === 0;
  }

  forget(revision: Revision): void {
    for (const listeners of this.#classes.values()) {
      for (const listener of listeners) listener.forget(revision);
    }
  }

  publish(event: CacheEvent): void {
    if (this.#classes.size === 0) return;
    const { namespace, name } = event.entry.key;
    this.#offer("", event);
    this.#offer(`namespace/${namespace}`, event);
    this.#offer(`name/${namespace}/${name}`, event);
    this.#offer(`anyname/${name}`, event);
    for (const index of this.#indexes) {
      for (const value of valuesOf(index, event))
        this.#offer(`index/${index.name}/${value}`, event);
    }
  }

  #offer(className: string, event: CacheEvent): void {
    const listeners = this.#classes.get(className);
    if (listeners === undefined) return;
    for (const listener of listeners) listener.offer(event);
  }
}

/** An object that moves from one value to another concerns both. */
function valuesOf(index: Index, { entry, previous }: CacheEvent): readonly string[] {
  const now = index.value(entry.object);
  const before = previous && index.value(previous.object);
  return [...new Set([now, before])].filter((value) => value !== undefined);
}

/** Whether an event read from the ring or from the log belongs to a scope of its resource. */
export function concerns(
  scope: WatchScope,
  indexes: readonly Index[],
  { entry, previous }: CacheEvent,
): boolean {
  const { key } = entry;
  if (scope.namespace !== undefined && key.namespace !== scope.namespace) return false;
  if (scope.name !== undefined && key.name !== scope.name) return false;
  const wanted = scope.index;
  if (wanted === undefined) return true;
  const index = indexes.find(({ name }) => name === wanted.name);
  if (index === undefined) return true;
  if (index.value(entry.object) === wanted.value) return true;
  return previous !== undefined && index.value(previous.object) === wanted.value;
}
