/** The fields that an object names: its leaves, and the items and keys that hold them. */
import { asMember, type FieldSet, leaf } from "./field-set.ts";
import { deduced, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { isFields, itemElement, shapeOf, typeUnder } from "./values.ts";

type Draft = Record<string, FieldSet>;

/** The node of a value; undefined where nothing of it is named. */
function nodeOf(type: MergeType, value: unknown): FieldSet | undefined {
  const shape = shapeOf(type, value);
  if (shape === undefined || shape.atomic) return leaf;
  return shape.kind === "map" ? nodeOfMap(shape, value) : nodeOfList(shape, value);
}

function nodeOfMap(type: MapMerge, value: unknown): FieldSet | undefined {
  if (!isFields(value)) return undefined;
  const out: Draft = {};
  let any = false;
  for (const name in value) {
    const held = value[name];
    if (held === undefined) continue;
    const node = nodeOf(typeUnder(type, name) ?? deduced, held);
    // A declared field stands for what it holds; a key of a map is something of its own.
    const itself = held === null || isEmptyMap(held) || !type.fields.has(name);
    const found = itself ? asMember(node ?? leaf) : node;
    if (found === undefined) continue;
    out[`f:${name}`] = found;
    any = true;
  }
  return any ? out : undefined;
}

function isEmptyMap(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0;
}

function nodeOfList(type: ListMerge, value: unknown): FieldSet | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const out: Draft = {};
  for (const item of value) {
    const element = itemElement(type, item);
    // Of several items with one key only the key is told.
    out[element] = out[element] === undefined ? asMember(nodeOf(type.item, item) ?? leaf) : leaf;
  }
  return out;
}

/** Throws TypeError where an item of a list has no key. */
export function toFieldSet(type: MergeType, value: unknown): FieldSet {
  return nodeOf(type, value) ?? leaf;
}
