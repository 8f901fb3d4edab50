/**
 * Strategic merge patch, as upstream's strategicpatch package merges it: maps field by field, lists by the
 * schema's merge key, with the directives $patch, $retainKeys, $deleteFromPrimitiveList/F and
 * $setElementOrder/F. Lists without patchStrategy "merge" are replaced. Directives where nothing is merged
 * stay in the result: whoever types it finds fields that it does not know.
 */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { badRequest, plainFailure } from "#apimachinery/status.ts";
import { goString, goText, goType } from "./go-text.ts";
import { hasField, isJsonObject, type JsonObject, setField } from "./json-object.ts";
import {
  directive,
  type ListRules,
  listOf,
  mergeLists,
  ordered,
  placedBy,
  wrongType,
} from "./strategic-merge-lists.ts";

/** How a field merges. */
export interface PatchField {
  /** Of patchStrategy: "merge", "replace", "retainKeys". */
  readonly strategies: readonly string[];
  readonly mergeKey: string | undefined;
  /** Of the field's map, or of its list's items. */
  readonly schema: PatchSchema;
  /** A list, or what upstream holds a pointer to. */
  readonly mayBeList: boolean;
}

export interface PatchSchema {
  /** Go's name of the type, and its kind: only a struct has fields. */
  readonly name: string;
  readonly kind: string;
  field(name: string): PatchField | undefined;
}

const retainKeys = "$retainKeys";
const deleteFromPrimitiveList = "$deleteFromPrimitiveList";
const setElementOrder = "$setElementOrder";

function fieldOf(schema: PatchSchema, name: string): PatchField {
  if (schema.kind !== "struct")
    throw plainFailure(
      `merging an object in json but data type is not struct, instead is: ${schema.kind}`,
    );
  const field = schema.field(name);
  if (field !== undefined) return field;
  const quoted = JSON.stringify(name);
  throw plainFailure(
    `unable to find api field in struct ${schema.name} for the json field ${quoted}`,
  );
}

function listFieldOf(schema: PatchSchema, name: string): PatchField {
  const field = fieldOf(schema, name);
  if (field.mayBeList) return field;
  throw plainFailure(`expected slice or array type, but got: ${schema.kind}`);
}

const strategyOf = ({ strategies }: PatchField): string =>
  strategies.find((one) => one !== "retainKeys") ?? "";

/** `F` of `$setElementOrder/F`. */
function nameAfter(prefix: string, key: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  const list = prefix === setElementOrder ? "setElementOrder list" : "primitive list";
  throw badRequest(`invalid patch format of ${list}`);
}

/** In place; a null that is an item stays. */
function discardNulls(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) discardNulls(item);
  else if (isJsonObject(value))
    for (const [name, item] of Object.entries(value))
      if (item === null) delete value[name];
      else discardNulls(item);
}

/** Without maps that have $patch; undefined: it is one itself. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isJsonObject(value)) return value;
  if (hasField(value, directive)) return undefined;
  for (const [name, item] of Object.entries(value)) keep(value, name, withoutDirectives(item));
  return value;
}

function keep(object: JsonObject, name: string, value: unknown): void {
  if (value === undefined) delete object[name];
  else setField(object, name, value);
}

function take(original: JsonObject, name: string, change: unknown): void {
  discardNulls(change);
  keep(original, name, withoutDirectives(change));
}

function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  if (!hasField(patch, retainKeys)) return;
  const kept = patch[retainKeys];
  delete patch[retainKeys];
  const wrong = "invalid patch format of retainKeys";
  if (!Array.isArray(kept)) throw badRequest(wrong);
  const names = new Set(kept);
  for (const [name, value] of Object.entries(patch)) {
    const isOther = name.startsWith(deleteFromPrimitiveList) || name.startsWith(setElementOrder);
    if (value !== null && !isOther && !names.has(name)) throw badRequest(wrong);
  }
  for (const name of Object.keys(original)) if (!names.has(name)) delete original[name];
}

function rulesOf(field: PatchField, isDeletion = false): ListRules {
  return {
    mergeKey: field.mergeKey ?? "",
    kind: field.schema.kind,
    isDeletion,
    merge: (before, change) => mergeMaps(before, change, field.schema),
  };
}

function mergeField(original: unknown[], patch: unknown[], field: PatchField): unknown[] {
  return strategyOf(field) === "merge" ? mergeLists(original, patch, rulesOf(field)) : patch;
}

/** $setElementOrder/F: merges F's list first, then puts it into the order that the client saw. */
function applyElementOrders(original: JsonObject, patch: JsonObject, schema: PatchSchema): void {
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(setElementOrder)) continue;
    delete patch[key];
    const order = listOf(value);
    const name = nameAfter(setElementOrder, key);
    const before = hasField(original, name) ? listOf(original[name]) : undefined;
    const change = hasField(patch, name) ? listOf(patch[name]) : undefined;
    const field = listFieldOf(schema, name);
    checkOrder(change ?? [], order, field.mergeKey ?? "");
    if (before === undefined && change === undefined) continue;
    let merged = before ?? [];
    if (change !== undefined)
      merged =
        before === undefined
          ? listOf(withoutDirectives(change))
          : mergeField(before, change, field);
    const sorted = ordered(merged, order, {
      served: before ?? [],
      given: [before ?? [], change ?? []],
      mergeKey: field.mergeKey ?? "",
    });
    setField(original, name, sorted);
    delete patch[name];
  }
}

/** Whatever the patch adds must stand in the order list, in the same sequence. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (change.length === 0 || order.length === 0) return;
  if (mergeKey !== "")
    for (const item of change) if (!isJsonObject(item)) throw wrongType({}, item);
  const named = change.filter((item) => !(isJsonObject(item) && item[directive] === "delete"));
  let place = 0;
  let at = 0;
  while (at < named.length && place < order.length) {
    const item = named[at];
    if (isJsonObject(item) && hasField(item, directive)) at++;
    else if (placedBy(item, mergeKey) === placedBy(order[place++], mergeKey)) at++;
  }
  if (at < named.length)
    throw plainFailure(
      `The order in patch list:\n${goText(change)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
    );
}

function mergeInto(
  original: JsonObject,
  { name, change, isDeletion }: { name: string; change: unknown; isDeletion: boolean },
  schema: PatchSchema,
): void {
  if (change === null) {
    delete original[name];
    return;
  }
  const before = hasField(original, name) ? original[name] : undefined;
  if (before === undefined || goType(before) !== goType(change)) {
    if (!isDeletion) take(original, name, change);
  } else if (isJsonObject(before) && isJsonObject(change)) {
    const field = fieldOf(schema, name);
    const isReplaced = strategyOf(field) === "replace";
    setField(original, name, isReplaced ? change : mergeMaps(before, change, field.schema));
  } else if (Array.isArray(before) && Array.isArray(change)) {
    const field = listFieldOf(schema, name);
    const merged = isDeletion
      ? mergeLists(before, change, rulesOf(field, true))
      : mergeField(before, change, field);
    setField(original, name, merged);
  } else keep(original, name, withoutDirectives(change));
}

/** Changes `original` and takes `patch` apart: both belong to the merge. */
function mergeMaps(original: JsonObject, patch: JsonObject, schema: PatchSchema): JsonObject {
  if (hasField(patch, directive)) {
    const kind = patch[directive];
    if (kind === "delete") return {};
    if (kind !== "replace") throw unknownPatch(kind, patch);
    delete patch[directive];
    return patch;
  }
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, schema);
  for (const [key, change] of Object.entries(patch)) {
    const isDeletion = key.startsWith(deleteFromPrimitiveList);
    const name = isDeletion ? nameAfter(deleteFromPrimitiveList, key) : key;
    mergeInto(original, { name, change, isDeletion }, schema);
  }
  return original;
}

const unknownPatch = (kind: unknown, patch: unknown): Error =>
  plainFailure(`unknown patch type: ${goString(kind)} in map: ${goText(patch)}`);

/** What was merged, and what is left of the patch: upstream's sentences show that. */
export interface Merged {
  readonly object: JsonObject;
  readonly patch: JsonObject;
}

/**
 * The patched copy; neither argument is changed. `schema` is that of the object's kind. Throws ApiError
 * BadRequest, or the bare 500 that upstream answers, for directives that make no sense.
 */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: unknown,
  schema: PatchSchema,
): Merged {
  if (!isJsonObject(patch)) {
    const type = Array.isArray(patch) ? "array" : typeof patch;
    throw badRequest(
      `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  const left = deepCopy(patch);
  return { object: mergeMaps(deepCopy(original), left, schema), patch: left };
}
