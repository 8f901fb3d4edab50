/**
 * Lists of a strategic merge patch: maps meet by their merge key, primitives by value. The result keeps the
 * server's order for what the patch does not name; new elements of the patch come before those.
 */
import { plainFailure, refusal } from "#apimachinery/status.ts";
import { goString, goText, goType } from "./go-text.ts";
import { hasField, isJsonObject, type JsonObject } from "./json-object.ts";

export const directive = "$patch";

export interface ListRules {
  /** "": none. */
  readonly mergeKey: string;
  /** Go's kind of the items, as the schema has it. */
  readonly kind: string;
  /** $deleteFromPrimitiveList: what the patch names goes. */
  readonly isDeletion: boolean;
  merge(before: JsonObject, change: JsonObject): JsonObject;
}

export function wrongType(wanted: unknown, got: unknown): Error {
  const said = goType(got) ?? goString(got);
  return plainFailure(`expected a ${goType(wanted)}, but received a ${said}`);
}

export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw wrongType([], value);
}

const withoutKey = (item: unknown, mergeKey: string): Error =>
  plainFailure(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);

/** A value as lists know it, so that lists of any length a body may hold are merged in one pass. */
const identity = (value: unknown): string => `${goType(value)} ${JSON.stringify(value)}`;

/** What an element is found by: its merge key's value, or the element itself. */
export function placedBy(item: unknown, mergeKey: string): string {
  if (mergeKey === "") return identity(item);
  if (!isJsonObject(item)) throw wrongType({}, item);
  if (!hasField(item, mergeKey)) throw withoutKey(item, mergeKey);
  return identity(item[mergeKey]);
}

/** All items of the lists are of one type, and of no lists. Returns Go's name of it. */
function itemType(...lists: readonly (readonly unknown[])[]): string {
  const items = lists.flat(1);
  const first = goType(items[0]);
  if (items.length === 0) throw plainFailure("no elements in any of the given slices");
  if (Array.isArray(items[0]))
    throw refusal("Invalid", "the server rejected our request due to an error in our request", {});
  if (first === undefined || items.some((item) => goType(item) !== first))
    throw plainFailure(`list element types are not identical: ${goText(lists)}`);
  return first;
}

/** Where items of a list of maps stand by their key: the first of each. */
class KeyedPlaces {
  readonly #places = new Map<string, number>();
  readonly #mergeKey: string;
  /** A search ends at what is no map. */
  #noMapAt: number | undefined;

  constructor(items: readonly unknown[], mergeKey: string) {
    this.#mergeKey = mergeKey;
    for (const [place, item] of items.entries()) this.add(item, place);
  }

  add(item: unknown, place: number): void {
    if (!isJsonObject(item)) this.#noMapAt ??= place;
    else if (hasField(item, this.#mergeKey)) {
      const id = identity(item[this.#mergeKey]);
      if (!this.#places.has(id)) this.#places.set(id, place);
    }
  }

  of(value: unknown): number | undefined {
    const place = this.#places.get(identity(value));
    if (this.#noMapAt === undefined || (place !== undefined && place < this.#noMapAt)) return place;
    throw plainFailure(`value for key ${this.#noMapAt} is not a map`);
  }
}

interface Special {
  readonly original: unknown[];
  readonly patch: readonly JsonObject[];
}

/** Elements with $patch are done with first. */
function withoutSpecial(
  original: readonly unknown[],
  patch: readonly JsonObject[],
  mergeKey: string,
): Special {
  const plain = patch.filter((item) => !hasField(item, directive));
  const deleted = new Set<string>();
  let replaces = false;
  for (const item of patch) {
    if (!hasField(item, directive)) continue;
    const kind = item[directive];
    if (kind === "replace") replaces = true;
    else if (kind === "merge")
      throw plainFailure("merging lists cannot yet be specified in the patch");
    else if (kind !== "delete")
      throw plainFailure(`unknown patch type: ${goString(kind)} in map: ${goText(item)}`);
    else if (!hasField(item, mergeKey)) throw withoutKey(item, mergeKey);
    else deleted.add(identity(item[mergeKey]));
  }
  if (replaces) return { original: plain, patch: [] };
  const isDeleted = (item: unknown): boolean =>
    isJsonObject(item) && hasField(item, mergeKey) && deleted.has(identity(item[mergeKey]));
  return { original: original.filter((item) => !isDeleted(item)), patch: plain };
}

function mergeMapLists(original: readonly unknown[], patch: readonly unknown[], rules: ListRules) {
  const { mergeKey } = rules;
  if (mergeKey === "") throw plainFailure(`cannot merge lists without merge key for ${rules.kind}`);
  const maps = patch.filter(isJsonObject);
  const rest = withoutSpecial(original, maps, mergeKey);
  const merged = [...rest.original];
  const places = new KeyedPlaces(merged, mergeKey);
  for (const item of rest.patch) {
    if (!hasField(item, mergeKey)) throw withoutKey(item, mergeKey);
    const place = places.of(item[mergeKey]);
    const before = place === undefined ? undefined : merged[place];
    if (place === undefined || !isJsonObject(before)) places.add(item, merged.push(item) - 1);
    else merged[place] = rules.merge(before, item);
  }
  return { merged, ...rest };
}

/** As upstream does it: the last element takes the place of a double. */
function withoutDoubles(items: readonly unknown[]): unknown[] {
  const left = [...items];
  const seen = new Set<string>();
  for (let at = 0; at < left.length; ) {
    const id = identity(left[at]);
    if (!seen.has(id)) {
      seen.add(id);
      at++;
      continue;
    }
    const last = left.pop();
    if (at < left.length) left[at] = last;
  }
  return left;
}

export function mergeLists(
  original: readonly unknown[],
  patch: readonly unknown[],
  rules: ListRules,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  const type = itemType(original, patch);
  if (type === goType({})) {
    const { merged, original: served, patch: order } = mergeMapLists(original, patch, rules);
    return arranged(merged, order, served, rules.mergeKey);
  }
  const named = new Set(patch.map(identity));
  if (rules.isDeletion) return original.filter((item) => !named.has(identity(item)));
  return arranged(withoutDoubles([...original, ...patch]), patch, original, rules.mergeKey);
}

interface Arrangement {
  readonly served: readonly unknown[];
  /** What was merged: of one type. */
  readonly given: readonly (readonly unknown[])[];
  readonly mergeKey: string;
}

/** By $setElementOrder. */
export function ordered(
  merged: readonly unknown[],
  order: readonly unknown[],
  { served, given, mergeKey }: Arrangement,
): unknown[] {
  const result = arranged(merged, order, served, mergeKey);
  itemType(...given);
  return result;
}

/** Upstream sorts lists that long by insertion, where the order of what has no place depends on it. */
const insertionMax = 20;

type PlaceOf = (item: unknown) => number | undefined;

/** What has no place goes in front of what stands before it. */
function sortedBy(items: readonly unknown[], placeOf: PlaceOf): unknown[] {
  if (items.length > insertionMax)
    return items
      .map((item) => ({ item, place: placeOf(item) ?? -1 }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  const sorted = [...items];
  const isLess = (a: unknown, b: unknown): boolean => {
    const [left, right] = [placeOf(a), placeOf(b)];
    return left === undefined || right === undefined || left < right;
  };
  for (let end = 1; end < sorted.length; end++)
    for (let at = end; at > 0 && isLess(sorted[at], sorted[at - 1]); at--)
      [sorted[at], sorted[at - 1]] = [sorted[at - 1], sorted[at]];
  return sorted;
}

function placesIn(list: readonly unknown[], mergeKey: string): PlaceOf {
  const places = new Map<string, number>();
  for (const [place, item] of list.entries()) {
    const id = placedBy(item, mergeKey);
    if (!places.has(id)) places.set(id, place);
  }
  return (item) => places.get(placedBy(item, mergeKey));
}

/** Elements that are to be deleted go last. */
function normalized(items: readonly unknown[], placeOf: PlaceOf): unknown[] {
  const isDeleted = (item: unknown): boolean => isJsonObject(item) && item[directive] === "delete";
  const kept = items.filter((item) => !isDeleted(item));
  return [...sortedBy(kept, placeOf), ...items.filter(isDeleted)];
}

/**
 * Elements that `order` names go in its order, the others in the server's; where the server knows both of
 * two, its order decides between them, else the client's element goes first.
 */
function arranged(
  merged: readonly unknown[],
  order: readonly unknown[],
  served: readonly unknown[],
  mergeKey: string,
): unknown[] {
  if (mergeKey !== "") for (const item of merged) placedBy(item, mergeKey);
  const named = mergeKey === "" ? undefined : new KeyedPlaces(order, mergeKey);
  const known = new Set(mergeKey === "" ? order.map(identity) : []);
  const isNamed = (item: unknown): boolean =>
    named === undefined
      ? known.has(identity(item))
      : isJsonObject(item) && named.of(item[mergeKey]) !== undefined;
  const [clientPlace, serverPlace] = [placesIn(order, mergeKey), placesIn(served, mergeKey)];
  const right = normalized(merged.filter(isNamed), clientPlace);
  const left = normalized(
    merged.filter((item) => !isNamed(item)),
    serverPlace,
  );
  const result: unknown[] = [];
  let i = 0;
  for (const client of right) {
    const place = serverPlace(client);
    for (; i < left.length; i++) {
      const before = serverPlace(left[i]);
      if (place === undefined || before === undefined || before >= place) break;
      result.push(left[i]);
    }
    result.push(client);
  }
  return [...result, ...left.slice(i)];
}
