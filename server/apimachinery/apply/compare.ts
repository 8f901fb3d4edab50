/** Which fields one object has that another has not, and which it has otherwise. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { asMember, type FieldSet, leaf } from "./field-set.ts";
import { deduced, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { type Fields, holdsNothing, isFields, itemElement, shapeOf } from "./values.ts";

/** No field is in more than one of the three. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What differs at and below one node; a part without a difference is undefined. */
interface Difference {
  readonly added?: FieldSet | undefined;
  readonly modified?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

const added: Difference = { added: leaf };
const modified: Difference = { modified: leaf };
const removed: Difference = { removed: leaf };

function leafDifference(before: unknown, after: unknown): Difference | undefined {
  if (before === undefined) return added;
  if (after === undefined) return removed;
  return deepEqual(before, after) ? undefined : modified;
}

type Draft = Record<string, FieldSet>;

/** Gathers what its children say. */
class Gathering {
  #added: Draft | undefined;
  #modified: Draft | undefined;
  #removed: Draft | undefined;

  take(element: string, found: Difference | undefined): void {
    if (found === undefined) return;
    if (found.added !== undefined) {
      this.#added ??= {};
      this.#added[element] = found.added;
    }
    if (found.modified !== undefined) {
      this.#modified ??= {};
      this.#modified[element] = found.modified;
    }
    if (found.removed !== undefined) {
      this.#removed ??= {};
      this.#removed[element] = found.removed;
    }
  }

  /** A node that stands on one side only is itself added or removed. */
  result(before: unknown, after: unknown): Difference | undefined {
    const [isNew, isGone] = [before === undefined, after === undefined];
    if (isNew) this.#added ??= {};
    if (isGone) this.#removed ??= {};
    if (!this.#added && !this.#modified && !this.#removed) return undefined;
    return {
      added: isNew ? asMember(this.#added ?? leaf) : this.#added,
      modified: this.#modified,
      removed: isGone ? asMember(this.#removed ?? leaf) : this.#removed,
    };
  }
}

function differenceOf(type: MergeType, before: unknown, after: unknown): Difference | undefined {
  if (before === after) return undefined;
  if (type.kind === "scalar") return leafDifference(before, after);
  const shapeBefore = shapeOf(type, before);
  const shapeAfter = shapeOf(type, after);
  if (type.kind === "any" && before !== undefined && after !== undefined) {
    if (shapeBefore !== shapeAfter) return differenceOfKinds(type, before, after);
  }
  const shape = shapeAfter ?? shapeBefore;
  if (shape === undefined) return leafDifference(before, after);
  return shape.kind === "map"
    ? differenceOfMaps(shape, before, after)
    : differenceOfLists(shape, before, after);
}

/** A map became a scalar or list, or the other way round: the field is modified, what it held came or went. */
function differenceOfKinds(
  type: MergeType,
  before: unknown,
  after: unknown,
): Difference | undefined {
  const parts = isFields(after)
    ? differenceOf(type, undefined, after)?.added
    : differenceOf(type, before, undefined)?.removed;
  const { ".": _, ...below } = parts ?? leaf;
  if (holdsNothing(below)) return modified;
  return isFields(after) ? { modified: leaf, added: below } : { modified: leaf, removed: below };
}

function valueIn(fields: Fields | undefined, name: string, absent: null | undefined): unknown {
  if (fields === undefined) return undefined;
  const value = fields[name];
  return value === undefined ? absent : value;
}

function differenceOfMaps(type: MapMerge, before: unknown, after: unknown): Difference | undefined {
  const left = isFields(before) ? before : undefined;
  const right = isFields(after) ? after : undefined;
  const nothing = type.implicitNulls.length === 0 && holdsNothing(left) && holdsNothing(right);
  if (type.atomic || nothing) return leafDifference(before, after);
  const gathering = new Gathering();
  const visit = (name: string): void => {
    const field = type.fields.get(name);
    const absent = field?.implicitNull ? null : undefined;
    const a = valueIn(left, name, absent);
    const b = valueIn(right, name, absent);
    if (a === b) return;
    gathering.take(`f:${name}`, differenceOf(field?.type ?? type.rest ?? deduced, a, b));
  };
  for (const name in left) visit(name);
  for (const name in right) if (left?.[name] === undefined) visit(name);
  if (left === undefined || right === undefined) {
    const present = left ?? right;
    for (const name of type.implicitNulls) if (present?.[name] === undefined) visit(name);
  }
  return gathering.result(before, after);
}

function byElement(type: ListMerge, list: readonly unknown[]): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(type, item);
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

const none: readonly unknown[] = [];

function differenceOfLists(
  type: ListMerge,
  before: unknown,
  after: unknown,
): Difference | undefined {
  const left = Array.isArray(before) ? before : none;
  const right = Array.isArray(after) ? after : none;
  if (type.atomic || (left.length === 0 && right.length === 0)) {
    return leafDifference(before, after);
  }
  const itemsBefore = byElement(type, left);
  const itemsAfter = byElement(type, right);
  const gathering = new Gathering();
  for (const element of new Set([...itemsBefore.keys(), ...itemsAfter.keys()])) {
    const [a = none, b = none] = [itemsBefore.get(element), itemsAfter.get(element)];
    gathering.take(element, differenceOfItems(type.item, a, b));
  }
  return gathering.result(before, after);
}

/** Items that share one key: while there are several, they are one value. */
function differenceOfItems(
  type: MergeType,
  before: readonly unknown[],
  after: readonly unknown[],
): Difference | undefined {
  if (before.length <= 1 && after.length <= 1) return differenceOf(type, before[0], after[0]);
  if (before.length > 1 && after.length > 1) {
    return deepEqual(before, after) ? undefined : modified;
  }
  if (before.length > 1) {
    const single = after.length === 0 ? undefined : differenceOf(type, undefined, after[0]);
    return { ...single, removed: leaf };
  }
  const single = before.length === 0 ? undefined : differenceOf(type, before[0], undefined);
  return { ...single, added: leaf };
}

/** Throws TypeError where an item of a list has no key. */
export function compare(type: MergeType, before: unknown, after: unknown): Comparison {
  const found = differenceOf(type, before, after);
  const { added: came = leaf, modified: changed = leaf, removed: went = leaf } = found ?? {};
  return { added: came, modified: changed, removed: went };
}
