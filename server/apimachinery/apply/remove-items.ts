/** An object without the fields, items and keys of a set. */
import { type FieldSet, hasChildren, isMember, leaf } from "./field-set.ts";
import { deduced, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { holdsNothing, isFields, itemElement, shapeOf, typeUnder } from "./values.ts";

/** What is left of a container that holds nothing any more is null, as upstream has it. */
export function removeItems(type: MergeType, value: unknown, set: FieldSet): unknown {
  const shape = shapeOf(type, value);
  if (shape === undefined) return value;
  if (holdsNothing(value) || shape.atomic) return null;
  return shape.kind === "map" ? removeKeys(shape, value, set) : removeFrom(shape, value, set);
}

function removeKeys(type: MapMerge, value: unknown, set: FieldSet): unknown {
  if (!isFields(value)) return null;
  const out: Record<string, unknown> = {};
  for (const name in value) {
    const node = set[`f:${name}`];
    if (node !== undefined && isMember(node)) continue;
    const held = value[name];
    out[name] =
      node !== undefined && hasChildren(node)
        ? removeItems(typeUnder(type, name) ?? deduced, held, node)
        : held;
  }
  return holdsNothing(out) ? null : out;
}

function removeFrom(type: ListMerge, value: unknown, set: FieldSet): unknown {
  if (!Array.isArray(value)) return null;
  const out: unknown[] = [];
  for (const item of value) {
    const node = set[itemElement(type, item)];
    if (node !== undefined && isMember(node)) continue;
    const below = node !== undefined && hasChildren(node) ? node : leaf;
    out.push(below === leaf ? item : removeItems(type.item, item, below));
  }
  return out.length === 0 ? null : out;
}
