/** What placement reads of a Node, and nothing else: heartbeats that change none of it cost nothing. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { ResourceList } from "#apimachinery/resource-list.ts";
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

/** Nodes of one make have equal amounts, and many have no taint or image: they share these. */
const noTaints: readonly Taint[] = [];
const noKeys: ReadonlySet<string> = new Set();
const noImages: NodeFacts["images"] = new Map();
const makes = new Map<string, Amounts>();
const makesMax = 1024;

function sharedAmounts(list: ResourceList | undefined): Amounts {
  const key = JSON.stringify(list ?? {});
  const known = makes.get(key);
  if (known !== undefined) return known;
  if (makes.size >= makesMax) makes.clear();
  const amounts = amountsOf(list);
  makes.set(key, amounts);
  return amounts;
}

function imagesOf({ status }: Node): NodeFacts["images"] {
  if ((status.images ?? []).length === 0) return noImages;
  const images = new Map<string, number>();
  for (const { names, sizeBytes } of status.images ?? []) {
    for (const name of names ?? []) if (!images.has(name)) images.set(name, sizeBytes ?? 0);
  }
  return images;
}

export function nodeFacts(node: Node): NodeFacts {
  const taints = node.spec.taints ?? noTaints;
  return {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints,
    taintKeys: taints.length === 0 ? noKeys : new Set(taints.map(taintKey)),
    unschedulable: node.spec.unschedulable ?? false,
    allocatable: sharedAmounts(node.status.allocatable ?? node.status.capacity),
    images: imagesOf(node),
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
