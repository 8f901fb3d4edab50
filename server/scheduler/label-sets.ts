/**
 * Pods as selectors see them: (namespace, labels), interned. Each knows which counters count it and which
 * terms of placed pods select it, so a pod's placement is a list of numbers and no selector is asked twice.
 */
import type { Kind } from "./kinds.ts";
import type { Labels, Predicate, Subject } from "./predicate.ts";

/** Pods of one label set on one node. */
interface Placed {
  pods: number;
  live: number;
}

export interface LabelSet extends Subject {
  readonly key: string;
  namespaceLabels: Labels;
  /** Ids of selector counters that count it; of those that count live pods only. */
  counters: number[];
  liveCounters: number[];
  /** Ids of terms of other pods that select it. */
  terms: number[];
  /** All that a class has to know of it; empty: to be written anew. */
  signature: string;
  readonly placed: Map<number, Placed>;
  /** Raised when its counters or budgets change. */
  version: number;
  readonly kinds: Map<string, Kind>;
  /** Pods known with it, pending ones included. */
  users: number;
}

export interface Watched {
  readonly predicate: Predicate;
  readonly id: number;
}

export class LabelSets {
  readonly #sets = new Map<string, LabelSet>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #counters: Watched[] = [];
  readonly #terms: Watched[] = [];
  /** A namespace's labels changed: `counter` now counts (or no longer) the set's placed pods. */
  onRecount: (counter: number, slot: number, delta: number) => void = () => {};

  /** Kinds of the set have to be written anew. */
  onStale: (set: LabelSet) => void = () => {};

  intern(namespace: string, labels: Labels | undefined): LabelSet {
    const key = `${namespace} ${JSON.stringify(labels ?? {})}`;
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set: LabelSet = {
      key,
      namespace,
      labels: labels ?? {},
      namespaceLabels: this.#namespaces.get(namespace) ?? {},
      counters: [],
      liveCounters: [],
      terms: [],
      signature: "",
      placed: new Map(),
      version: 0,
      kinds: new Map(),
      users: 0,
    };
    this.#read(set);
    this.#sets.set(key, set);
    return set;
  }

  release(set: LabelSet): void {
    if (--set.users <= 0 && set.placed.size === 0 && set.kinds.size === 0)
      this.#sets.delete(set.key);
  }

  /** From now on `id` counts what the predicate selects; `count` is told of the pods already placed. */
  addCounter(watched: Watched, count: (slot: number, pods: number) => void): void {
    const { predicate, id } = watched;
    this.#counters.push(watched);
    for (const set of this.#sets.values()) {
      if (!predicate.matches(set)) continue;
      (predicate.liveOnly ? set.liveCounters : set.counters).push(id);
      this.#changed(set);
      for (const [slot, { pods, live }] of set.placed)
        count(slot, predicate.liveOnly ? live : pods);
    }
  }

  addTerm(watched: Watched): void {
    this.#terms.push(watched);
    for (const set of this.#sets.values()) {
      if (!watched.predicate.matches(set)) continue;
      set.terms.push(watched.id);
      set.signature = "";
    }
  }

  signatureOf(set: LabelSet): string {
    if (set.signature === "") {
      set.signature = `${set.counters.join(",")};${set.liveCounters.join(",")};${set.terms.join(",")}`;
    }
    return set.signature;
  }

  setNamespace(name: string, labels: Labels): void {
    this.#namespaces.set(name, labels);
    for (const set of this.#sets.values()) {
      if (set.namespace !== name) continue;
      const before = new Set(set.counters);
      set.namespaceLabels = labels;
      this.#read(set);
      const now = new Set(set.counters);
      for (const [slot, { pods }] of set.placed) {
        for (const id of now) if (!before.has(id)) this.onRecount(id, slot, pods);
        for (const id of before) if (!now.has(id)) this.onRecount(id, slot, -pods);
      }
    }
  }

  /** The disruption budgets of a namespace cover others than before. */
  coverAnew(namespace: string): void {
    for (const set of this.#sets.values()) if (set.namespace === namespace) this.#changed(set);
  }

  #changed(set: LabelSet): void {
    set.signature = "";
    set.version++;
    this.onStale(set);
  }

  #read(set: LabelSet): void {
    const counting = this.#counters.filter(({ predicate }) => predicate.matches(set));
    set.counters = counting.filter((w) => !w.predicate.liveOnly).map((w) => w.id);
    set.liveCounters = counting.filter((w) => w.predicate.liveOnly).map((w) => w.id);
    set.terms = this.#terms.filter(({ predicate }) => predicate.matches(set)).map((w) => w.id);
    this.#changed(set);
  }
}
