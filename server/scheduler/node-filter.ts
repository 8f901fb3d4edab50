/**
 * Node selectors, node affinity and tolerations as the module reads them: lists of set ids. Taints appear
 * over time, so a filter is written again whenever a new one is interned (its set is still empty then, so
 * nothing that was computed changes).
 */
import type { NodeSelectorTerm, PodSpec, Taint, Toleration } from "#gen/api/core/v1.ts";
import { toleratesTaint } from "#resources/core/v1/tolerations.ts";
import type { Arena } from "./arena.ts";
import { type NodeFacts, taintKey } from "./node-facts.ts";
import type { NodeTable } from "./node-table.ts";

export interface NodeFilter {
  readonly signature: string;
  /** Calls at once, and again whenever the filter's address changes. */
  onWritten(told: (address: number) => void): void;
  forget(told: (address: number) => void): void;
}

type Tolerations = readonly Toleration[];

export function tolerates(tolerations: Tolerations, taint: Taint): boolean {
  return tolerations.some((toleration) => toleratesTaint(toleration, taint));
}

export interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

const integer = /^[+-]?\d+$/;

export function compares(
  operator: string,
  value: string | undefined,
  bound: string | undefined,
): boolean {
  if (value === undefined || bound === undefined) return false;
  if (!integer.test(value) || !integer.test(bound)) return false;
  return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

/** Different taints in a cluster that are told apart: each costs a bit a node, and a question when one changes. */
const taintsMax = 4096;

interface Written {
  readonly tolerations: Tolerations | undefined;
  readonly signature: string;
  readonly affinity: readonly number[];
  address: number;
  length: number;
  readonly told: Set<(address: number) => void>;
}

export class NodeFilters {
  readonly #arena: Arena;
  readonly #nodes: NodeTable;
  #taints: { readonly taint: Taint; readonly set: number }[] = [];
  readonly #taintKeys = new Set<string>();
  readonly #filters = new Map<string, Written>();
  /** A taint nobody had met before: lists of soft taints are written again. */
  onSoftTaint: () => void = () => {};

  constructor(arena: Arena, nodes: NodeTable) {
    this.#arena = arena;
    this.#nodes = nodes;
  }

  /** Forgets every filter, and the taints that no node has; the nodes' sets were forgotten before. */
  collect(): void {
    for (const { address, length } of this.#filters.values()) this.#arena.free(address, length * 4);
    this.#filters.clear();
    this.#taints = [];
    this.#taintKeys.clear();
    for (const { taints } of this.#nodes.facts()) this.meet(taints);
  }

  /** Makes the node's taints known; call before the node is written. */
  meet(taints: readonly Taint[]): void {
    for (const taint of taints) {
      if (this.#taints.length >= taintsMax) {
        this.#meetBeyond();
        return;
      }
      const key = taintKey(taint);
      if (this.#taintKeys.has(key)) continue;
      this.#taintKeys.add(key);
      this.#add(
        taint,
        this.#nodes.setId(`taint ${key}`, (node) => node.taintKeys.has(key)),
      );
    }
  }

  #add(taint: Taint, set: number): void {
    this.#taints.push({ taint, set });
    if (taint.effect === "PreferNoSchedule") this.onSoftTaint();
    else for (const filter of this.#filters.values()) this.#write(filter);
  }

  /** Taints beyond are not told apart: together they are one that only a toleration of everything tolerates. */
  #meetBeyond(): void {
    if (this.#taints.length > taintsMax) return;
    const known = this.#taintKeys;
    const set = this.#nodes.setId("taints beyond", ({ taintKeys }) => {
      if (taintKeys.size > taintsMax) return true;
      for (const key of taintKeys) if (!known.has(key)) return true;
      return false;
    });
    this.#add({ key: "", effect: "NoSchedule" }, set);
  }

  /** Sets of the soft taints that these do not tolerate. */
  softTaints(tolerations: Tolerations): number[] {
    const soft = tolerations.filter(({ effect }) => !effect || effect === "PreferNoSchedule");
    return this.#taints
      .filter(({ taint }) => taint.effect === "PreferNoSchedule" && !tolerates(soft, taint))
      .map(({ set }) => set);
  }

  /**
   * nodeSelector and required node affinity of `affinity`, hard taints against `tolerations` (undefined:
   * taints do not matter), and labels that must exist.
   */
  intern(
    affinity: PodSpec | undefined,
    tolerations: Tolerations | undefined,
    keys: readonly string[],
  ): NodeFilter {
    const required =
      affinity?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const signature = JSON.stringify([
      affinity?.nodeSelector ?? 0,
      required ?? 0,
      tolerations ?? 0,
      keys,
    ]);
    const known = this.#filters.get(signature);
    if (known !== undefined) return this.#open(known);
    const all = Object.entries(affinity?.nodeSelector ?? {}).map(([key, value]) =>
      this.#requirement({ key, operator: "In", values: [value] }),
    );
    for (const key of keys) all.push(this.#requirement({ key, operator: "Exists" }));
    const numbers = [all.length, ...all];
    if (required === undefined) numbers.push(-1);
    else numbers.push(required.nodeSelectorTerms.length);
    for (const term of required?.nodeSelectorTerms ?? []) {
      const requirements = this.term(term);
      numbers.push(requirements.length, ...requirements);
    }
    const filter = {
      tolerations,
      signature,
      affinity: numbers,
      address: 0,
      length: 0,
      told: new Set<() => void>(),
    };
    this.#filters.set(signature, filter);
    this.#write(filter);
    return this.#open(filter);
  }

  /** Requirements of a node selector term, each a set id * 2, + 1 when negated. Empty: matches nothing. */
  term({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): number[] {
    return [
      ...matchExpressions.map((expression) => this.#requirement(expression)),
      ...matchFields.map((field) => this.#requirement(field, true)),
    ];
  }

  #requirement({ key, operator, values = [] }: Expression, field = false): number {
    const read = field
      ? (node: NodeFacts) => (key === "metadata.name" ? node.name : undefined)
      : (node: NodeFacts) => node.labels[key];
    const sorted = [...values].sort();
    const name = `${field ? "field" : "label"} ${JSON.stringify(key)}`;
    if (operator === "In" || operator === "NotIn") {
      const id = this.#nodes.setId(`${name} in ${JSON.stringify(sorted)}`, (node) => {
        const value = read(node);
        return value !== undefined && values.includes(value);
      });
      return id * 2 + (operator === "NotIn" ? 1 : 0);
    }
    if (operator === "Exists" || operator === "DoesNotExist") {
      const id = this.#nodes.setId(`${name} exists`, (node) => read(node) !== undefined);
      return id * 2 + (operator === "DoesNotExist" ? 1 : 0);
    }
    const bound = sorted.length === 1 ? sorted[0] : undefined;
    return (
      this.#nodes.setId(`${name} ${operator} ${JSON.stringify(sorted)}`, (node) =>
        compares(operator, read(node), bound),
      ) * 2
    );
  }

  #write(filter: Written): void {
    const { tolerations } = filter;
    const untolerated =
      tolerations === undefined
        ? []
        : this.#taints.filter(
            ({ taint }) => taint.effect !== "PreferNoSchedule" && !tolerates(tolerations, taint),
          );
    const numbers = [...filter.affinity, untolerated.length, ...untolerated.map(({ set }) => set)];
    if (filter.length > 0) this.#arena.free(filter.address, filter.length * 4);
    filter.address = this.#arena.list(numbers);
    filter.length = numbers.length;
    for (const tell of filter.told) tell(filter.address);
  }

  #open(filter: Written): NodeFilter {
    return {
      signature: filter.signature,
      onWritten: (told) => {
        filter.told.add(told);
        told(filter.address);
      },
      forget: (told) => filter.told.delete(told),
    };
  }
}
