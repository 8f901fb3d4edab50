/**
 * Kinds: what placed pods of one shape and label set share in the module's memory, namely what they add to
 * their node and which disruption budgets cover them. Written anew when counters or budgets come to know more.
 */
import { KIND_BUDGETS, KIND_BYTES, KIND_EFFECTS } from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import type { Budgets } from "./budgets.ts";
import { effectBytes, writeEffects } from "./effects.ts";
import type { LabelSet } from "./label-sets.ts";
import type { PodShape } from "./pod-shape.ts";

export interface Kind {
  readonly address: number;
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  /** Not under deletion. */
  readonly live: boolean;
  /** Budgets that have already counted its disruption. */
  readonly exempt: string;
  readonly key: string;
  effects: number;
  effectBytes: number;
  budgets: number;
  budgetBytes: number;
  version: number;
  users: number;
  /** Those on nodes. */
  readonly pods: Resident[];
}

/** A pod on the node of a slot; `place`: its index among its kind's. */
interface Resident {
  readonly slot: number;
  place: number;
}

interface KindFacts {
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  readonly live: boolean;
  readonly exempt: string;
}

export class Kinds {
  readonly #arena: Arena;
  readonly #budgets: Budgets;
  /** Label sets of which some kind has to be written anew. */
  readonly #stale = new Set<LabelSet>();

  /** Pods of one template come one after the other. */
  #last: Kind | undefined;

  constructor(arena: Arena, budgets: Budgets) {
    this.#arena = arena;
    this.#budgets = budgets;
  }

  /** A kind with one more user. */
  intern(facts: KindFacts): Kind {
    const { shape, labelSet, live, exempt } = facts;
    const last = this.#last;
    if (
      last !== undefined &&
      last.shape === shape &&
      last.labelSet === labelSet &&
      last.live === live &&
      last.exempt === exempt
    ) {
      last.users++;
      this.effects(last);
      return last;
    }
    const key = `${shape.id} ${live ? 1 : 0} ${exempt}`;
    let kind = labelSet.kinds.get(key);
    if (kind === undefined) {
      kind = {
        ...facts,
        key,
        address: this.#arena.allocate(KIND_BYTES),
        effects: 0,
        effectBytes: 0,
        budgets: 0,
        budgetBytes: 0,
        version: -1,
        users: 0,
        pods: [],
      };
      labelSet.kinds.set(key, kind);
    }
    kind.users++;
    this.effects(kind);
    this.#last = kind;
    return kind;
  }

  release(kind: Kind): void {
    if (--kind.users > 0) return;
    if (this.#last === kind) this.#last = undefined;
    kind.labelSet.kinds.delete(kind.key);
    this.#freeParts(kind);
    this.#arena.free(kind.address, KIND_BYTES);
  }

  /** Address of what a pod of the kind adds to its node, as known today. */
  effects(kind: Kind): number {
    if (kind.version !== kind.labelSet.version) this.#write(kind);
    return kind.effects;
  }

  /** Counters or budgets of the label set changed. */
  markStale(labelSet: LabelSet): void {
    if (labelSet.kinds.size > 0) this.#stale.add(labelSet);
  }

  /** Every kind says what is known today; for calls that read them all. */
  freshen(): void {
    for (const { kinds } of this.#stale) for (const kind of kinds.values()) this.effects(kind);
    this.#stale.clear();
  }

  #freeParts(kind: Kind): void {
    if (kind.effectBytes > 0) this.#arena.free(kind.effects, kind.effectBytes);
    if (kind.budgetBytes > 0) this.#arena.free(kind.budgets, kind.budgetBytes);
  }

  #write(kind: Kind): void {
    const arena = this.#arena;
    this.#freeParts(kind);
    kind.effectBytes = effectBytes(kind.shape, kind.labelSet);
    kind.effects = arena.allocate(kind.effectBytes);
    writeEffects(arena, kind.effects, kind);
    const budgets = this.#budgets.covering(kind.labelSet, kind.exempt);
    kind.budgetBytes = budgets.length === 0 ? 0 : (budgets.length + 1) * 4;
    kind.budgets = budgets.length === 0 ? 0 : arena.list([budgets.length, ...budgets]);
    arena.set(kind.address + KIND_EFFECTS, kind.effects);
    arena.set(kind.address + KIND_BUDGETS, kind.budgets);
    kind.version = kind.labelSet.version;
  }
}
