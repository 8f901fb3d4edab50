/**
 * The store's meaning without any I/O: objects, the log of changes and the head, one write at a time.
 * memory.ts makes a Storage of it, and the simulation a database.
 */
import { compareText, inKeyOrder, inScope, keyText } from "#storage/key.ts";
import { tooLarge, tooOld } from "#storage/refusals.ts";
import type {
  Change,
  Head,
  Revision,
  Scope,
  Storage,
  Stored,
  Write,
  WriteResult,
} from "#storage/storage.ts";

/** How far a raised epoch moves the head beyond everything seen, so that no revision is given twice. */
export const epochRevisions = 1_000_000;

export class RevisionLog {
  #head: Head = { revision: 0, compacted: 0, epoch: 1 };
  readonly #objects = new Map<string, Stored>();
  /** Those above the compacted revision, ascending. */
  #changes: Change[] = [];

  get head(): Head {
    return this.#head;
  }

  snapshot(): Awaited<ReturnType<Storage["snapshot"]>> {
    return { head: this.#head, objects: [...this.#objects.values()] };
  }

  current(write: Write): Stored | undefined {
    return this.#objects.get(keyText(write.key));
  }

  write(write: Write): WriteResult {
    const id = keyText(write.key);
    const current = this.#objects.get(id);
    const expected = write.op === "create" ? undefined : write.expected;
    if (current?.revision !== expected) return { outcome: "conflict", current };

    const revision = this.#head.revision + 1;
    const stored: Stored = {
      key: write.key,
      object: {
        ...write.object,
        metadata: { ...write.object.metadata, resourceVersion: String(revision) },
      },
      createRevision: current?.createRevision ?? revision,
      revision,
      size: 0,
    };
    if (write.op === "delete") this.#objects.delete(id);
    else this.#objects.set(id, stored);
    this.#changes.push({ ...stored, op: write.op, previous: current });
    this.#head = { ...this.#head, revision };
    return { outcome: "written", stored };
  }

  changes(after: Revision, limit: number): readonly Change[] {
    const { revision, compacted } = this.#head;
    if (after < compacted) throw tooOld(after, compacted);
    const from = this.#changes.length - (revision - after);
    return after >= revision ? [] : this.#changes.slice(from, from + limit);
  }

  listAt(scope: Scope, at: Revision): readonly Stored[] {
    const { revision, compacted } = this.#head;
    if (at < compacted) throw tooOld(at, compacted);
    if (at > revision) throw tooLarge(at, revision);
    const state = new Map([...this.#objects].filter(([, stored]) => inScope(scope, stored.key)));
    for (const change of this.changes(at, Infinity).toReversed()) {
      if (!inScope(scope, change.key)) continue;
      const id = keyText(change.key);
      if (change.previous === undefined) state.delete(id);
      else state.set(id, change.previous);
    }
    return inKeyOrder(state.values());
  }

  compact(revision: Revision): void {
    if (revision <= this.#head.compacted || revision > this.#head.revision) return;
    this.#changes = this.changes(revision, Infinity).slice();
    this.#head = { ...this.#head, compacted: revision };
  }

  raiseEpoch({ epoch, seen }: { readonly epoch: number; readonly seen: Revision }): Head {
    if (epoch !== this.#head.epoch) return this.#head;
    const revision = Math.max(this.#head.revision, seen) + epochRevisions;
    this.#changes = [];
    this.#head = { revision, compacted: revision, epoch: epoch + 1 };
    return this.#head;
  }

  /** What a failover to a standby that was behind does: the newest changes are gone, nobody is told. */
  lose(to: Revision): void {
    for (const change of this.changes(to, Infinity).toReversed()) {
      if (change.previous === undefined) this.#objects.delete(keyText(change.key));
      else this.#objects.set(keyText(change.key), change.previous);
    }
    this.#changes = this.#changes.filter(({ revision }) => revision <= to);
    this.#head = { ...this.#head, revision: to };
  }

  /** Every object, in the order of its key, for comparisons. */
  objects(): readonly Stored[] {
    return [...this.#objects.values()].sort((a, b) => compareText(keyText(a.key), keyText(b.key)));
  }
}
