/**
 * Lists of a strategic merge patch: maps meet by their merge key, primitives by value. The result keeps the
 * server's order for what the patch does not name; new elements of the patch come before those.
 */
import { plainFailure, refusal } from "#apimachinery/status.ts";
import { goText } from "./go-text.ts";
import { hasField, isJsonObject, type JsonObject } from "./json-object.ts";

export interface ListMerge {
  readonly mergeKey: string | undefined;
  merge(before: JsonObject, change: JsonObject): JsonObject;
  /** A new element without nulls and directives. */
  plain(value: unknown): unknown;
}

type MergeKey = string | undefined;

/**
 * What an element is found by: its merge key's value, or the element itself. As text, so that lists of any
 * length a body may hold are merged in one pass.
 */
function identity(element: unknown, mergeKey: MergeKey): string {
  const value = mergeKey !== undefined && isJsonObject(element) ? element[mergeKey] : element;
  return JSON.stringify(value) ?? "";
}

function placesOf(list: readonly unknown[], mergeKey: MergeKey): Map<string, number> {
  const places = new Map<string, number>();
  for (const [place, element] of list.entries()) {
    const id = identity(element, mergeKey);
    if (!places.has(id)) places.set(id, place);
  }
  return places;
}

export function deleteFromList(list: readonly unknown[], deleted: readonly unknown[]): unknown[] {
  const gone = new Set(deleted.map((item) => identity(item, undefined)));
  return list.filter((item) => !gone.has(identity(item, undefined)));
}

function mergeMapLists(
  original: readonly unknown[],
  patch: readonly unknown[],
  rules: ListMerge,
): unknown[] {
  const { mergeKey } = rules;
  if (mergeKey === undefined)
    throw refusal("InternalError", "cannot merge lists without merge key");
  const replaces = patch.some((item) => isJsonObject(item) && item["$patch"] === "replace");
  const merged = new Map<string, unknown>();
  for (const [place, item] of (replaces ? [] : original).entries()) {
    const id = identity(item, mergeKey);
    merged.set(merged.has(id) ? `${id} ${place}` : id, item);
  }
  for (const item of patch) {
    if (!isJsonObject(item)) {
      throw refusal("InternalError", "lists of maps can only be merged with maps");
    }
    const kind = item["$patch"];
    if (kind === "replace") continue;
    if (!hasField(item, mergeKey)) {
      if (kind !== undefined && kind !== "delete") throw unknownPatch(kind, item);
      throw plainFailure(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
    }
    const id = identity(item, mergeKey);
    if (kind === "delete") {
      merged.delete(id);
      continue;
    }
    if (kind !== undefined) throw unknownPatch(kind, item);
    const before = merged.get(id);
    merged.set(id, isJsonObject(before) ? rules.merge(before, item) : rules.plain(item));
  }
  return [...merged.values()];
}

function mergePrimitives(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const merged = new Map<string, unknown>();
  for (const item of [...original, ...patch]) merged.set(identity(item, undefined), item);
  return [...merged.values()];
}

export function mergeLists(
  original: readonly unknown[],
  patch: readonly unknown[],
  rules: ListMerge,
): unknown[] {
  const ofMaps = isJsonObject(original[0] ?? patch[0]);
  const merged = ofMaps ? mergeMapLists(original, patch, rules) : mergePrimitives(original, patch);
  return orderElements(merged, patch, original, ofMaps ? rules.mergeKey : undefined);
}

/** `elements` in the order of their places; those without one stay where they are, in front. */
function sortedBy(
  elements: readonly unknown[],
  placeOf: (element: unknown) => number,
): readonly unknown[] {
  return elements
    .map((element) => ({ element, place: placeOf(element) }))
    .sort((a, b) => a.place - b.place)
    .map(({ element }) => element);
}

/**
 * Elements that `order` names go in its order, the others in the server's; where the server knows both of
 * two, its order decides between them, else the client's element goes first.
 */
export function orderElements(
  merged: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  mergeKey: MergeKey,
): unknown[] {
  const ordered = placesOf(order, mergeKey);
  const served = placesOf(server, mergeKey);
  const clientPlace = (item: unknown): number => ordered.get(identity(item, mergeKey)) ?? -1;
  const serverPlace = (item: unknown): number => served.get(identity(item, mergeKey)) ?? -1;
  const isNamed = (item: unknown): boolean => clientPlace(item) >= 0;
  const left = sortedBy(
    merged.filter((item) => !isNamed(item)),
    serverPlace,
  );
  const right = sortedBy(merged.filter(isNamed), clientPlace);
  const result: unknown[] = [];
  let i = 0;
  for (const client of right) {
    const place = serverPlace(client);
    for (; i < left.length; i++) {
      const before = serverPlace(left[i]);
      if (place < 0 || before < 0 || before >= place) break;
      result.push(left[i]);
    }
    result.push(client);
  }
  return [...result, ...left.slice(i)];
}

const unknownPatch = (kind: unknown, item: unknown): Error =>
  plainFailure(`unknown patch type: ${goText(kind)} in map: ${goText(item)}`);
