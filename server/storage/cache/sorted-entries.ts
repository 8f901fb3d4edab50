/**
 * The objects of one resource in one namespace. Reads want a sorted array that never changes under
 * them, writes want a map: so writes only note what changed, and the next list copies the last sorted
 * array with the changes merged in. A list after d writes costs O(d log n) and one copy.
 */
import { compareText } from "#storage/key.ts";
import type { Entry } from "#storage/watch-cache.ts";

/** Below it the noted changes are not worth a merge of their own. */
const changedMin = 64;

export class SortedEntries {
  readonly #byName = new Map<string, Entry>();
  #sorted: readonly Entry[] = [];
  /** Names whose entry in #sorted is not the one in #byName. */
  readonly #changed = new Set<string>();

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): Entry | undefined {
    return this.#byName.get(name);
  }

  set(entry: Entry): void {
    this.#byName.set(entry.key.name, entry);
    this.#note(entry.key.name);
  }

  delete(name: string): void {
    this.#byName.delete(name);
    this.#note(name);
  }

  /** By name; the array is never changed afterwards. */
  list(): readonly Entry[] {
    if (this.#changed.size > 0) this.#merge();
    return this.#sorted;
  }

  #note(name: string): void {
    this.#changed.add(name);
    // Nobody may list for hours while names come and go: merging in time bounds the set.
    if (this.#changed.size > changedMin + this.#sorted.length) this.#merge();
  }

  #merge(): void {
    const names = [...this.#changed].sort(compareText);
    const merged: Entry[] = [];
    let from = 0;
    for (const name of names) {
      const at = firstNotBelow(this.#sorted, name, from);
      for (let i = from; i < at; i++) append(merged, this.#sorted[i]);
      append(merged, this.#byName.get(name));
      from = this.#sorted[at]?.key.name === name ? at + 1 : at;
    }
    for (let i = from; i < this.#sorted.length; i++) append(merged, this.#sorted[i]);
    this.#sorted = merged;
    this.#changed.clear();
  }
}

function append(entries: Entry[], entry: Entry | undefined): void {
  if (entry !== undefined) entries.push(entry);
}

function firstNotBelow(sorted: readonly Entry[], name: string, from: number): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = sorted[middle];
    if (entry !== undefined && entry.key.name < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
