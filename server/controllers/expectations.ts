/**
 * A controller must not decide on a cache that has not yet seen its own last writes: it would do them twice.
 * Per key stand the resourceVersions that the informers must reach and the objects whose end they must show.
 */
import type { Informer } from "#client/informer.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

/** Upstream's ExpectationsTimeout: afterwards the cache is believed again. */
const timeoutMilliseconds = 300_000;

type AnyInformer = Pick<Informer<KubeObject>, "get" | "resourceVersion">;

interface Pending {
  readonly since: number;
  readonly versions: Map<AnyInformer, string>;
  readonly endings: Map<string, { readonly informer: AnyInformer; readonly object: KubeObject }>;
}

export class Expectations {
  readonly #pending = new Map<string, Pending>();

  expectVersion(key: string, informer: AnyInformer, resourceVersion: string, now: Date): void {
    const { versions } = this.#obtain(key, now);
    const known = versions.get(informer);
    if (known === undefined || isBefore(known, resourceVersion)) {
      versions.set(informer, resourceVersion);
    }
  }

  expectEnd(key: string, informer: AnyInformer, object: KubeObject, now: Date): void {
    this.#obtain(key, now).endings.set(object.metadata.uid ?? "", { informer, object });
  }

  /** True: the caches show everything that was written for this key. */
  satisfied(key: string, now: Date): boolean {
    const pending = this.#pending.get(key);
    if (pending === undefined) return true;
    const expired = now.getTime() - pending.since > timeoutMilliseconds;
    if (!expired && !isSeen(pending)) return false;
    this.#pending.delete(key);
    return true;
  }

  #obtain(key: string, now: Date): Pending {
    const known = this.#pending.get(key);
    if (known !== undefined) return known;
    const fresh = { since: now.getTime(), versions: new Map(), endings: new Map() };
    this.#pending.set(key, fresh);
    return fresh;
  }
}

function isSeen({ versions, endings }: Pending): boolean {
  for (const [informer, version] of versions) {
    if (isBefore(informer.resourceVersion, version)) return false;
  }
  for (const { informer, object } of endings.values()) {
    const { namespace = "", name, uid } = object.metadata;
    const held = informer.get(namespace, name)?.metadata;
    if (held?.uid === uid && held?.deletionTimestamp === undefined) return false;
  }
  return true;
}

/** resourceVersions are decimal integers of any length; a longer one is larger. */
export function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}
