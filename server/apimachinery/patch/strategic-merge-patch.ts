/**
 * Strategic merge patch, as upstream's strategicpatch package merges it: maps field by field, lists by the
 * schema's merge key, with the directives $patch, $retainKeys, $deleteFromPrimitiveList/F and
 * $setElementOrder/F. Lists without patchStrategy "merge" are replaced.
 */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { badRequest, plainFailure, refusal } from "#apimachinery/status.ts";
import { goText } from "./go-text.ts";
import { hasField, isJsonObject, type JsonObject, setField } from "./json-object.ts";
import { deleteFromList, mergeLists, orderElements } from "./strategic-merge-lists.ts";

/** How a field merges; what the schema does not know merges as a plain map or is replaced. */
export interface PatchField {
  /** Of patchStrategy: "merge", "replace", "retainKeys". */
  readonly strategies: readonly string[];
  readonly mergeKey: string | undefined;
  /** Of the field's map, or of its list's items. */
  readonly schema: PatchSchema | undefined;
}

export interface PatchSchema {
  field(name: string): PatchField | undefined;
}

export const directive = "$patch";
const retainKeys = "$retainKeys";
const deleteFromPrimitiveList = "$deleteFromPrimitiveList/";
const setElementOrder = "$setElementOrder/";

const unknownField: PatchField = { strategies: [], mergeKey: undefined, schema: undefined };

function fieldOf(schema: PatchSchema | undefined, name: string): PatchField {
  return schema?.field(name) ?? unknownField;
}

/** Without nulls and directives: a new part of the object must not keep them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isJsonObject(item) && item[directive] === "delete")).map(plain);
  }
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, item] of Object.entries(value)) {
    const isDirective =
      name === directive ||
      name === retainKeys ||
      name.startsWith(setElementOrder) ||
      name.startsWith(deleteFromPrimitiveList);
    if (item !== null && !isDirective) setField(kept, name, plain(item));
  }
  return kept;
}

function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  if (!hasField(patch, retainKeys)) return;
  const kept = patch[retainKeys];
  delete patch[retainKeys];
  if (!Array.isArray(kept)) throw badRequest("invalid patch format of retainKeys");
  for (const name of Object.keys(patch)) {
    if (!name.startsWith("$") && patch[name] !== null && !kept.includes(name)) {
      throw badRequest("invalid patch format of retainKeys");
    }
  }
  for (const name of Object.keys(original)) if (!kept.includes(name)) delete original[name];
}

function goKind(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float64";
  return typeof value === "string" ? "string" : "map";
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw plainFailure(`expected a []interface {}, but received a ${goKind(value)}`);
}

/** $setElementOrder/F: merges F's list first, then puts it into the order that the client saw. */
function applyElementOrders(
  original: JsonObject,
  patch: JsonObject,
  schema: PatchSchema | undefined,
): void {
  for (const directiveName of Object.keys(patch)) {
    if (!directiveName.startsWith(setElementOrder)) continue;
    const name = directiveName.slice(setElementOrder.length);
    const order = listOf(patch[directiveName]);
    delete patch[directiveName];
    const { strategies, mergeKey, schema: items } = fieldOf(schema, name);
    const before = hasField(original, name) ? listOf(original[name]) : undefined;
    // A null patch removes the list: the field's own turn comes later.
    if (patch[name] === null) continue;
    const change = hasField(patch, name) ? listOf(patch[name]) : undefined;
    if (before === undefined && change === undefined) continue;
    checkOrderNamesPatch(change ?? [], order, mergeKey);
    let merged: unknown[];
    if (change === undefined) merged = before ?? [];
    else if (before === undefined) merged = listOf(plain(change));
    else merged = mergeField(before, change, { strategies, mergeKey, items });
    setField(original, name, orderElements(merged, order, before ?? [], mergeKey));
    delete patch[name];
  }
}

/** Whatever the patch adds must stand in the order list, in the same sequence. */
function checkOrderNamesPatch(
  change: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): void {
  const keyOf = (item: unknown): unknown =>
    mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item;
  const wanted = order.map(keyOf);
  let at = 0;
  for (const item of change) {
    if (isJsonObject(item) && hasField(item, directive)) continue;
    at = wanted.indexOf(keyOf(item), at) + 1;
    if (at === 0) {
      throw plainFailure(
        `The order in patch list:\n${goText(change)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
      );
    }
  }
}

interface ListField {
  readonly strategies: readonly string[];
  readonly mergeKey: string | undefined;
  readonly items: PatchSchema | undefined;
}

function mergeField(
  original: readonly unknown[],
  patch: readonly unknown[],
  { strategies, mergeKey, items }: ListField,
): unknown[] {
  if (!strategies.includes("merge")) return listOf(plain([...patch]));
  return mergeLists(original, patch, {
    mergeKey,
    merge: (before, change) => mergeMaps(before, change, items),
    plain,
  });
}

function mergeValue(before: unknown, change: unknown, field: PatchField): unknown {
  if (isJsonObject(before) && isJsonObject(change)) {
    return field.strategies.includes("replace")
      ? plain(change)
      : mergeMaps(before, change, field.schema);
  }
  if (Array.isArray(before) && Array.isArray(change)) {
    return mergeField(before, change, { ...field, items: field.schema });
  }
  return plain(change);
}

/** Changes `original` and takes `patch` apart: both belong to the merge. */
function mergeMaps(
  original: JsonObject,
  patch: JsonObject,
  schema: PatchSchema | undefined,
): JsonObject {
  if (hasField(patch, directive)) {
    const { [directive]: kind, ...rest } = patch;
    if (kind === "delete") return {};
    if (kind !== "replace") throw refusal("InternalError", `unknown patch type: ${String(kind)}`);
    const replaced = plain(rest);
    return isJsonObject(replaced) ? replaced : {};
  }
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, schema);
  for (const [name, change] of Object.entries(patch)) {
    if (name.startsWith(deleteFromPrimitiveList)) {
      const target = name.slice(deleteFromPrimitiveList.length);
      const before = original[target];
      if (Array.isArray(before)) {
        setField(original, target, deleteFromList(before, listOf(change)));
      }
    } else if (change === null) delete original[name];
    else if (hasField(original, name)) {
      setField(original, name, mergeValue(original[name], change, fieldOf(schema, name)));
    } else setField(original, name, plain(change));
  }
  return original;
}

/**
 * The patched copy; neither argument is changed. `schema` is that of the object's kind. Throws ApiError
 * BadRequest, or InternalError where upstream answers 500, for directives that make no sense.
 */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: unknown,
  schema: PatchSchema | undefined,
): JsonObject {
  if (!isJsonObject(patch)) {
    const type = Array.isArray(patch) ? "array" : typeof patch;
    throw badRequest(
      `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  return mergeMaps(deepCopy(original), deepCopy(patch), schema);
}
