/** What placement reads of a Node, and nothing else: heartbeats that change none of it cost nothing. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Node, Taint } from "#gen/api/core/v1.ts";
import { type Amounts, amountsOf } from "./pod-requests.ts";
import type { Labels } from "./predicate.ts";

export interface NodeFacts {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** Of each, see `taintKey`. */
  readonly taintKeys: ReadonlySet<string>;
  readonly unschedulable: boolean;
  readonly allocatable: Amounts;
  /** Image name -> bytes. */
  readonly images: ReadonlyMap<string, number>;
  /** What its agent says that it can. */
  readonly features: readonly string[];
}

/** Equal for taints that are one to every toleration. */
export function taintKey({ key, value = "", effect }: Taint): string {
  return JSON.stringify([key, value, effect]);
}

export function nodeFacts(node: Node): NodeFacts {
  const taints = node.spec.taints ?? [];
  const images = new Map<string, number>();
  for (const { names, sizeBytes } of node.status.images ?? []) {
    for (const name of names ?? []) if (!images.has(name)) images.set(name, sizeBytes ?? 0);
  }
  return {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints,
    taintKeys: new Set(taints.map(taintKey)),
    unschedulable: node.spec.unschedulable ?? false,
    allocatable: amountsOf(node.status.allocatable ?? node.status.capacity),
    images,
    features: node.status.declaredFeatures ?? [],
  };
}

/** May the two be told apart by any plugin? */
export function sameForPlacement(a: Node, b: Node): boolean {
  return (
    (a.spec.unschedulable ?? false) === (b.spec.unschedulable ?? false) &&
    deepEqual(a.metadata.labels ?? {}, b.metadata.labels ?? {}) &&
    deepEqual(a.spec.taints ?? [], b.spec.taints ?? []) &&
    deepEqual(a.status.allocatable, b.status.allocatable) &&
    deepEqual(a.status.images ?? [], b.status.images ?? []) &&
    deepEqual(a.status.declaredFeatures ?? [], b.status.declaredFeatures ?? [])
  );
}
