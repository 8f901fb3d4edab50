import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Key, Revision, Stored } from "#storage/storage.ts";
import type { Entry } from "#storage/watch-cache.ts";

/** A stored object with its encodings, which live as long as it does. */
export class CachedEntry implements Entry {
  readonly key: Key;
  readonly object: KubeObject;
  readonly createRevision: Revision;
  readonly revision: Revision;
  readonly size: number;
  private encodings: Map<string, Uint8Array> | undefined;

  constructor({ key, object, createRevision, revision, size }: Stored) {
    this.key = key;
    this.object = object;
    this.createRevision = createRevision;
    this.revision = revision;
    this.size = size;
    this.encodings = undefined;
  }

  encoded(form: string, encode: (object: KubeObject) => Uint8Array): Uint8Array {
    this.encodings ??= new Map();
    const known = this.encodings.get(form);
    if (known !== undefined) return known;
    const bytes = encode(this.object);
    this.encodings.set(form, bytes);
    return bytes;
  }
}
