/** An object with what a configuration says laid over it: nothing goes, what both say the configuration decides. */
import { deduced, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { holdsNothing, isFields, itemElement, shapeOf, typeUnder } from "./values.ts";

const overlaid = (base: unknown, over: unknown): unknown => (over === undefined ? base : over);

/** undefined: neither says anything. */
export function merge(type: MergeType, base: unknown, over: unknown): unknown {
  const shape = shapeOf(type, over === undefined || over === null ? base : over);
  if (shape === undefined || shape.atomic || (holdsNothing(base) && holdsNothing(over))) {
    return overlaid(base, over);
  }
  return shape.kind === "map" ? mergeMaps(shape, base, over) : mergeLists(shape, base, over);
}

function mergeMaps(type: MapMerge, base: unknown, over: unknown): unknown {
  const left = isFields(base) ? base : {};
  const right = isFields(over) ? over : {};
  const out: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const value = merge(typeUnder(type, name) ?? deduced, left[name], right[name]);
    if (value !== undefined) out[name] = value;
  }
  return holdsNothing(out) ? undefined : out;
}

interface Indexed {
  readonly elements: readonly string[];
  /** What an element stands for; undefined where it stands several times: such items are not merged. */
  readonly items: ReadonlyMap<string, unknown>;
}

function indexed(type: ListMerge, list: readonly unknown[]): Indexed {
  const elements = list.map((item) => itemElement(type, item));
  const items = new Map<string, unknown>();
  for (const [index, element] of elements.entries()) {
    items.set(element, items.has(element) ? undefined : list[index]);
  }
  return { elements, items };
}

/**
 * The order of the merged list: the configuration's items in the configuration's order, the others where they
 * stood between the items that both have.
 */
function mergeLists(type: ListMerge, base: unknown, over: unknown): unknown {
  const baseList: readonly unknown[] = Array.isArray(base) ? base : [];
  const left = indexed(type, baseList);
  const right = indexed(type, Array.isArray(over) ? over : []);
  const shared = right.elements.filter((element) => left.items.has(element));
  const out: unknown[] = [];
  const put = (element: string, own: unknown): void => {
    const value = merge(type.item, own, right.items.get(element));
    if (value !== undefined) out.push(value);
  };
  const taken = new Set<string>();
  const takeOver = (element: string): void => {
    taken.add(element);
    put(element, left.items.get(element));
    if (shared[0] === element) shared.shift();
  };
  let [l, r] = [0, 0];
  while (l < left.elements.length || r < right.elements.length) {
    const ours = left.elements[l];
    const theirs = right.elements[r];
    if (ours !== undefined && ours === theirs) {
      takeOver(ours);
      l += 1;
      r += 1;
    } else if (ours !== undefined && !right.items.has(ours)) {
      put(ours, baseList[l]);
      l += 1;
    } else if (
      ours !== undefined &&
      theirs !== undefined &&
      shared.length > 0 &&
      shared[0] !== ours
    ) {
      // It stands elsewhere in the configuration, and is taken there.
      l += 1;
    } else {
      if (ours !== undefined && taken.has(ours)) l += 1;
      if (theirs !== undefined) takeOver(theirs);
      r += 1;
    }
  }
  return out.length === 0 ? undefined : out;
}
