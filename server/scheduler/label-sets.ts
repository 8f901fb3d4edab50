/**
 * Pods as selectors see them: (namespace, labels), interned. Each knows which counters count it and which
 * terms of placed pods select it, so a pod's placement is a list of numbers and no selector is asked twice.
 */
import type { Kind } from "./kinds.ts";
import { LabelIndex, SelectorIndex } from "./label-index.ts";
import type { Labels, Predicate, Subject } from "./predicate.ts";

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

const noLabels: Labels = {};
const recentMax = 4;
/** Sets that may lie idle: pods of their kind often come again. */
const idleMax = 1024;

function sameLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  let present = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    present++;
  }
  for (const _ in b) present--;
  return present === 0;
}

export class LabelSets {
  readonly #sets = new Map<string, LabelSet>();
  readonly #index = new LabelIndex<LabelSet>();
  /** Namespace -> the sets that were asked for last: found again without making their key. */
  readonly #recent = new Map<string, LabelSet[]>();
  /** Sets that perhaps no pod has. */
  readonly #idle = new Set<LabelSet>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #counters = new Registered();
  readonly #terms = new Registered();
  /** A namespace's labels changed: `counter` now counts (or no longer) the set's placed pods. */
  onRecount: (counter: number, slot: number, delta: number) => void = () => {};

  /** Kinds of the set have to be written anew. */
  onStale: (set: LabelSet) => void = () => {};

  intern(namespace: string, labels: Labels = noLabels): LabelSet {
    const recent = this.#recent.get(namespace);
    if (recent !== undefined) {
      for (const set of recent) if (sameLabels(set.labels, labels)) return set;
    }
    const set = this.#find(namespace, labels);
    if (recent === undefined) this.#recent.set(namespace, [set]);
    else if (recent.push(set) > recentMax) recent.shift();
    return set;
  }

  #find(namespace: string, labels: Labels): LabelSet {
    const key = `${namespace} ${JSON.stringify(labels)}`;
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set: LabelSet = {
      key,
      namespace,
      labels,
      namespaceLabels: this.#namespaces.get(namespace) ?? {},
      counters: [],
      liveCounters: [],
      terms: [],
      signature: "",
      version: 0,
      kinds: new Map(),
      users: 0,
    };
    this.#read(set);
    this.#sets.set(key, set);
    this.#index.add(set);
    this.#idle.add(set);
    return set;
  }

  release(set: LabelSet): void {
    if (--set.users <= 0) this.#idle.add(set);
  }

  /** Forgets sets that no pod has any more; none of them may be in anybody's hands. */
  sweep(): void {
    if (this.#idle.size <= idleMax) return;
    for (const set of this.#idle) {
      // Nominated pods have a kind only.
      if (set.users <= 0 && set.kinds.size > 0) continue;
      if (set.users <= 0) {
        this.#sets.delete(set.key);
        this.#index.delete(set);
      }
      this.#idle.delete(set);
    }
    this.#recent.clear();
  }

  /** Kinds of pods on nodes, or nominated to them. */
  *kinds(): Iterable<Kind> {
    for (const { kinds } of this.#sets.values()) yield* kinds.values();
  }

  /** Forgets every counter, and the terms that `stays` does not keep. */
  collect(stays: (term: number) => boolean): void {
    this.#counters.keep(() => false);
    this.#terms.keep(stays);
    this.#index.forget();
    for (const set of this.#sets.values()) {
      set.counters = [];
      set.liveCounters = [];
      set.terms = set.terms.filter(stays);
      this.#changed(set);
    }
  }

  /** From now on `id` counts what the predicate selects; `count` is told the slot of each pod already placed. */
  addCounter(watched: Watched, count: (slot: number) => void): void {
    const { predicate, id } = watched;
    this.#counters.add(watched);
    for (const set of this.#index.candidates(predicate.anchor)) {
      if (!predicate.matches(set)) continue;
      (predicate.liveOnly ? set.liveCounters : set.counters).push(id);
      this.#changed(set);
      for (const kind of set.kinds.values()) {
        if (predicate.liveOnly && !kind.live) continue;
        for (const { slot } of kind.pods) count(slot);
      }
    }
  }

  addTerm(watched: Watched): void {
    this.#terms.add(watched);
    for (const set of this.#index.candidates(watched.predicate.anchor)) {
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

  setNamespace(name: string, given: Labels | undefined): void {
    const labels = given ?? noLabels;
    if (given === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, given);
    for (const set of this.#index.of(name)) {
      const before = new Set(set.counters);
      set.namespaceLabels = labels;
      this.#read(set);
      const now = new Set(set.counters);
      const come = set.counters.filter((id) => !before.has(id));
      const gone = [...before].filter((id) => !now.has(id));
      if (come.length + gone.length === 0) continue;
      for (const { pods } of set.kinds.values()) {
        for (const { slot } of pods) {
          for (const id of come) this.onRecount(id, slot, 1);
          for (const id of gone) this.onRecount(id, slot, -1);
        }
      }
    }
  }

  /** The disruption budgets of a namespace cover others than before. */
  coverAnew(namespace: string): void {
    for (const set of this.#index.of(namespace)) this.#changed(set);
  }

  #changed(set: LabelSet): void {
    set.signature = "";
    set.version++;
    this.onStale(set);
  }

  #read(set: LabelSet): void {
    const counting = this.#counters.matching(set);
    set.counters = counting.filter((w) => !w.predicate.liveOnly).map((w) => w.id);
    set.liveCounters = counting.filter((w) => w.predicate.liveOnly).map((w) => w.id);
    set.terms = this.#terms.matching(set).map((w) => w.id);
    this.#changed(set);
  }
}

/** In the order of their coming, which every set's lists keep. */
class Registered {
  readonly #all = new Map<Watched, number>();
  readonly #index = new SelectorIndex<Watched>();
  #come = 0;

  add(watched: Watched): void {
    this.#all.set(watched, this.#come++);
    this.#index.add(watched, watched.predicate.anchor);
  }

  matching(set: LabelSet): Watched[] {
    const order = (watched: Watched) => this.#all.get(watched) ?? 0;
    return this.#index
      .candidates(set)
      .filter(({ predicate }) => predicate.matches(set))
      .sort((a, b) => order(a) - order(b));
  }

  keep(stays: (id: number) => boolean): void {
    const kept = [...this.#all.keys()].filter(({ id }) => stays(id));
    this.#all.clear();
    this.#index.clear();
    for (const watched of kept) this.add(watched);
  }
}
