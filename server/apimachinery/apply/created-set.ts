/**
 * The fields that a new object brings: what `compare` finds between the zero object of its kind and it, without
 * comparing. Every create passes here, so the set is made in one walk, already in the order of fieldsV1, and
 * what is known of a type (its elements and their order) is looked up once a field.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type FieldSet, leaf } from "./field-set.ts";
import { deduced, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { compareElements } from "./path-element.ts";
import { type Fields, holdsNothing, isFields, itemElement, shapeOf } from "./values.ts";

interface KnownField {
  readonly name: string;
  readonly element: string;
  /** Place among the type's fields in the order of fieldsV1. */
  readonly rank: number;
  readonly type: MergeType;
  readonly implicitNull: boolean;
}

type Draft = Record<string, FieldSet>;

const known = new WeakMap<MapMerge, ReadonlyMap<string, KnownField>>();

function fieldsOf(type: MapMerge): ReadonlyMap<string, KnownField> {
  const hit = known.get(type);
  if (hit !== undefined) return hit;
  const names = [...type.fields.keys()].sort();
  const fields = new Map<string, KnownField>();
  for (const [rank, name] of names.entries()) {
    const field = type.fields.get(name);
    if (field !== undefined) fields.set(name, { name, element: `f:${name}`, rank, ...field });
  }
  known.set(type, fields);
  return fields;
}

/** The declared fields that a struct holds, in order; a field that stands as null without being there too. */
function presentFields(type: MapMerge, value: Fields): KnownField[] {
  const fields = fieldsOf(type);
  const present: KnownField[] = [];
  for (const name in value) {
    if (value[name] === undefined) continue;
    const field = fields.get(name) ?? undeclared(type, name);
    insert(present, field);
  }
  for (const name of type.implicitNulls) {
    const field = value[name] === undefined ? fields.get(name) : undefined;
    if (field !== undefined) insert(present, field);
  }
  return present;
}

function undeclared(type: MapMerge, name: string): KnownField {
  const rank = Number.MAX_SAFE_INTEGER;
  return { name, element: `f:${name}`, rank, type: type.rest ?? deduced, implicitNull: false };
}

function before(a: KnownField, b: KnownField): boolean {
  return a.rank === b.rank ? a.name < b.name : a.rank < b.rank;
}

function insert(present: KnownField[], field: KnownField): void {
  let at = present.length;
  present.push(field);
  for (; at > 0; at--) {
    const previous = present[at - 1];
    if (previous === undefined || !before(field, previous)) break;
    present[at] = previous;
  }
  present[at] = field;
}

/** The node of a value where nothing stood: it is itself in the set. */
function fresh(type: MergeType, value: unknown): FieldSet {
  const shape = shapeOf(type, value);
  if (shape === undefined || shape.atomic) return leaf;
  if (shape.kind === "list") return Array.isArray(value) ? freshItems(shape, value, true) : leaf;
  return isFields(value) ? freshFields(shape, value) : leaf;
}

function freshFields(type: MapMerge, value: Fields): FieldSet {
  if (type.fields.size === 0) return freshKeys(type, value);
  const present = presentFields(type, value);
  if (present.length === 0) return leaf;
  const out: Draft = { ".": leaf };
  for (const { name, element, type: held } of present) out[element] = fresh(held, value[name]);
  // Names outside the declared ones come last there and may belong before them.
  return type.rest === undefined ? out : inOrder(out);
}

/** Keys of a map whose node takes as long as several small requests. */
const largeMapKeysMin = 2_000;
/** Of a step. */
const keysAtOnce = 1_000;
/** Nodes of large maps, made before they are asked for. */
const ahead = new WeakMap<Fields, FieldSet>();

/** The nodes of the object's and its metadata's large maps of scalars, made step by step; each may be the last. */
export function* makeAhead(object: Fields): Generator<void, void, void> {
  for (const field in object) {
    const value = object[field];
    if (!isFields(value)) continue;
    if (field === "metadata") yield* makeAhead(value);
    else yield* leavesAhead(value);
  }
}

function* leavesAhead(value: Fields): Generator<void, void, void> {
  const names = Object.keys(value);
  if (names.length < largeMapKeysMin) return;
  yield;
  // What the reading thread read is sorted.
  for (const [at, name] of names.entries()) {
    if (name > (names[at + 1] ?? name)) {
      names.sort();
      break;
    }
    if (at % keysAtOnce === 0) yield;
  }
  yield;
  const out: Draft = { ".": leaf };
  for (const [at, name] of names.entries()) {
    if (value[name] !== undefined) out[`f:${name}`] = leaf;
    if (at % keysAtOnce === 0) yield;
  }
  ahead.set(value, out);
}

/** A map: any key, all of one type. */
function freshKeys({ rest = deduced }: MapMerge, value: Fields): FieldSet {
  const made = rest.kind === "scalar" ? ahead.get(value) : undefined;
  // It is of this moment: the map may change later.
  if (made !== undefined && ahead.delete(value)) return made;
  const names: string[] = [];
  for (const name in value) if (value[name] !== undefined) names.push(name);
  if (names.length === 0) return leaf;
  const out: Draft = { ".": leaf };
  if (rest.kind === "scalar") for (const name of names.sort()) out[`f:${name}`] = leaf;
  else for (const name of names.sort()) out[`f:${name}`] = fresh(rest, value[name]);
  return out;
}

function freshItems(type: ListMerge, list: readonly unknown[], itself: boolean): FieldSet {
  if (list.length === 0) return leaf;
  const out: Draft = itself ? { ".": leaf } : {};
  let last = "";
  let ordered = true;
  for (const item of list) {
    const element = itemElement(type, item);
    // Of several items with one key only the key is told.
    out[element] = out[element] === undefined ? fresh(type.item, item) : leaf;
    if (ordered && last !== "" && compareElements(last, element) > 0) ordered = false;
    last = element;
  }
  return ordered ? out : inOrder(out);
}

function inOrder(node: FieldSet): FieldSet {
  return Object.fromEntries(Object.entries(node).sort(([a], [b]) => compareElements(a, b)));
}

export interface Creation {
  readonly type: MapMerge;
  /** A new object of the kind before anything is set. */
  readonly zero: Fields;
  /** Names of fields that are not told; below them, where they hold names themselves. */
  readonly without: Omitted;
}

export interface Omitted {
  readonly [name: string]: true | Omitted;
}

const nothingOmitted: Omitted = {};

function fieldNode(zero: unknown, type: MergeType, value: unknown): FieldSet | undefined {
  if (zero === undefined) return fresh(type, value);
  if (type.kind === "map" && !type.atomic && isFields(value)) {
    if (isFields(zero)) return createdNode({ type, zero, without: nothingOmitted }, value);
    return holdsNothing(value) ? leaf : childrenOnly(fresh(type, value));
  }
  if (type.kind === "list" && !type.atomic && Array.isArray(value) && value.length > 0) {
    return freshItems(type, value, false);
  }
  return deepEqual(zero, value) ? undefined : leaf;
}

function childrenOnly({ ".": _, ...children }: FieldSet): FieldSet {
  return children;
}

/** undefined: nothing is told. */
function createdNode({ type, zero, without }: Creation, value: Fields): FieldSet | undefined {
  const out: Draft = {};
  let any = false;
  for (const { name, element, type: held, implicitNull } of presentFields(type, value)) {
    const omitted = without[name];
    const now = value[name];
    const was = zero[name] ?? (implicitNull ? null : undefined);
    if (omitted === true || (now === undefined && was === null)) continue;
    const below =
      omitted !== undefined && held.kind === "map" && isFields(now)
        ? createdNode({ type: held, zero: isFields(was) ? was : {}, without: omitted }, now)
        : fieldNode(was, held, now);
    if (below === undefined) continue;
    out[element] = below;
    any = true;
  }
  if (!any) return undefined;
  return type.rest === undefined ? out : inOrder(out);
}

/** The set of a new object's fields. Throws TypeError where an item of a list has no key. */
export function createdSet(creation: Creation, value: Fields): FieldSet {
  return createdNode(creation, value) ?? leaf;
}
