/** JSON values as merging sees them: undefined is absent, null is a value. */

import type { ListMerge, MapMerge, MergeType } from "./merge-type.ts";
import { keyElement, valueElement } from "./path-element.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Nothing that a container could hold: absent, null, or empty. */
export function holdsNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isFields(value)) return false;
  for (const name in value) if (value[name] !== undefined) return false;
  return true;
}

/** The type of what a map holds under a name; undefined where the name is not declared. */
export function typeUnder(type: MapMerge, name: string): MergeType | undefined {
  return type.fields.get(name)?.type ?? type.rest;
}

const deducedMap: MapMerge = {
  kind: "map",
  atomic: false,
  fields: new Map(),
  implicitNulls: [],
  rest: { kind: "any", atomic: false },
};
const opaqueMap: MapMerge = { ...deducedMap, atomic: true, rest: { kind: "any", atomic: true } };

/** How a value of any type is taken: as what it is. undefined: as a leaf. */
export function shapeOf(type: MergeType, value: unknown): MapMerge | ListMerge | undefined {
  if (type.kind === "any") {
    if (!isFields(value)) return undefined;
    return type.atomic ? opaqueMap : deducedMap;
  }
  return type.kind === "scalar" ? undefined : type;
}

/** What an item of a list map or set is known by. Throws TypeError where it cannot be told. */
export function itemElement(type: ListMerge, item: unknown): string {
  if (type.keys.length === 0) return setElement(item);
  if (item === null) {
    throw new TypeError("associative list with keys may not have a null element");
  }
  if (!isFields(item)) {
    throw new TypeError("associative list with keys may not have non-map elements");
  }
  const fields: [string, unknown][] = [];
  for (const { name, default: absent } of type.keys) {
    const value = item[name] ?? absent;
    if (value !== undefined) fields.push([name, value]);
  }
  if (fields.length === 0) {
    const names = type.keys.map(({ name }) => JSON.stringify(name)).join(" ");
    throw new TypeError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(fields);
}

function setElement(item: unknown): string {
  if (isScalar(item)) return valueElement(item);
  if (item === null) {
    throw new TypeError("associative list without keys has an element that's an explicit null");
  }
  throw new TypeError(
    Array.isArray(item)
      ? "not supported: associative list with lists as elements"
      : "associative list without keys has an element that's a map type",
  );
}
