/** PodDisruptionBudgets: how many disruptions each allows, and which pods it covers. */
import { matches, type Selector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import { H_BUDGET_COUNT, H_BUDGETS, H_BUDGETS_LEFT, HEADER } from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import type { LabelSet } from "./label-sets.ts";

interface Budget {
  readonly id: number;
  readonly namespace: string;
  readonly selector: Selector;
  readonly signature: string;
  /** Names of pods whose disruption the budget has counted already. */
  readonly disrupted: ReadonlySet<string>;
}

const roomAtStart = 64;

export class Budgets {
  readonly #arena: Arena;
  readonly #budgets = new Map<string, Budget>();
  readonly #free: number[] = [];
  #count = 0;
  #room = roomAtStart;
  /** Pods of the namespace are covered by others than before. */
  onCover: (namespace: string) => void = () => {};

  constructor(arena: Arena) {
    this.#arena = arena;
    for (const table of [H_BUDGETS, H_BUDGETS_LEFT])
      arena.set(HEADER + table, arena.allocate(this.#room * 4));
  }

  set(pdb: PodDisruptionBudget): void {
    const { name, namespace = "" } = pdb.metadata;
    const key = `${namespace}/${name}`;
    const known = this.#budgets.get(key);
    const id = known?.id ?? this.#free.pop() ?? this.#count++;
    if (id >= this.#room) this.#grow();
    const disrupted = new Set(Object.keys(pdb.status?.disruptedPods ?? {}));
    const signature = JSON.stringify([pdb.spec?.selector, [...disrupted].sort()]);
    const selector = readSelector(pdb);
    this.#budgets.set(key, { id, namespace, selector, signature, disrupted });
    this.#arena.set(HEADER + H_BUDGET_COUNT, this.#count);
    const allowed = Math.max(0, pdb.status?.disruptionsAllowed ?? 0);
    this.#arena.set(this.#arena.get(HEADER + H_BUDGETS) + id * 4, allowed);
    if (known?.signature !== signature) this.onCover(namespace);
  }

  remove(namespace: string, name: string): void {
    const known = this.#budgets.get(`${namespace}/${name}`);
    if (known === undefined) return;
    this.#budgets.delete(`${namespace}/${name}`);
    this.#free.push(known.id);
    this.onCover(namespace);
  }

  /** Ids of the budgets over pods of the label set, those left out that `exempt` names. */
  covering(labelSet: LabelSet, exempt: string): number[] {
    if (this.#budgets.size === 0 || Object.keys(labelSet.labels).length === 0) return [];
    const without = new Set(exempt.split(","));
    const found: number[] = [];
    for (const { id, namespace, selector } of this.#budgets.values()) {
      if (namespace !== labelSet.namespace || without.has(String(id))) continue;
      if (matches(selector, labelSet.labels)) found.push(id);
    }
    return found;
  }

  /** Ids of the budgets that have counted the pod's disruption already, as `covering` reads them. */
  exemptionsOf(namespace: string, name: string): string {
    if (this.#budgets.size === 0) return "";
    const found: number[] = [];
    for (const budget of this.#budgets.values()) {
      if (budget.namespace === namespace && budget.disrupted.has(name)) found.push(budget.id);
    }
    return found.join(",");
  }

  #grow(): void {
    const arena = this.#arena;
    const bytes = this.#room * 4;
    this.#room *= 2;
    for (const table of [H_BUDGETS, H_BUDGETS_LEFT]) {
      const old = arena.get(HEADER + table);
      const address = arena.allocate(this.#room * 4);
      arena.u8.copyWithin(address, old, old + bytes);
      arena.free(old, bytes);
      arena.set(HEADER + table, address);
    }
  }
}

/** An empty or unreadable selector covers nothing. */
function readSelector({ spec }: PodDisruptionBudget): Selector {
  try {
    const selector = selectorFromLabelSelector(spec?.selector);
    return selector !== "nothing" && selector.length === 0 ? "nothing" : selector;
  } catch {
    return "nothing";
  }
}
