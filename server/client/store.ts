/** What an informer knows: objects by namespace and name, and by whatever its indexers say. */
import type { KubeObject } from "#gen/api/meta/v1.ts";

/** The values under which an object is found; each index has one such function. */
export type Indexers<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

export function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata.namespace ?? "", metadata.name);
}

/** `namespace/name`, or the bare name of what is cluster-scoped. */
export function objectKey(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  if (slash < 0) return { namespace: "", name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

type Index<T> = Map<string, Map<string, T>>;

/** Every change costs as much as the object has index values, whatever the number of objects. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #byNamespace: Index<T> = new Map();
  readonly #indexers = new Map<string, (object: T) => readonly string[]>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor(indexers: Indexers<T>) {
    this.addIndexers(indexers);
  }

  /** A name that is there already keeps its function: one name, one meaning in a process. */
  addIndexers(indexers: Indexers<T>): void {
    for (const [name, valuesOf] of Object.entries(indexers)) {
      if (this.#indexers.has(name)) continue;
      const index: Index<T> = new Map();
      this.#indexers.set(name, valuesOf);
      this.#indexes.set(name, index);
      for (const [key, object] of this.#objects) {
        for (const value of valuesOf(object)) insert(index, value, key, object);
      }
    }
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  list(namespace = ""): readonly T[] {
    if (namespace === "") return [...this.#objects.values()];
    return [...(this.#byNamespace.get(namespace)?.values() ?? [])];
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`there is no index ${name}`);
    return [...(index.get(value)?.values() ?? [])];
  }

  put(key: string, object: T): void {
    this.remove(key);
    this.#objects.set(key, object);
    insert(this.#byNamespace, object.metadata.namespace ?? "", key, object);
    for (const [index, value] of this.#entries(object)) insert(index, value, key, object);
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    drop(this.#byNamespace, object.metadata.namespace ?? "", key);
    for (const [index, value] of this.#entries(object)) drop(index, value, key);
  }

  *#entries(object: T): Iterable<[Index<T>, string]> {
    for (const [name, valuesOf] of this.#indexers) {
      const index = this.#indexes.get(name);
      if (index !== undefined) for (const value of valuesOf(object)) yield [index, value];
    }
  }
}

function insert<T>(index: Index<T>, value: string, key: string, object: T): void {
  const entries = index.get(value);
  if (entries === undefined) index.set(value, new Map([[key, object]]));
  else entries.set(key, object);
}

function drop<T>(index: Index<T>, value: string, key: string): void {
  const entries = index.get(value);
  entries?.delete(key);
  if (entries?.size === 0) index.delete(value);
}
