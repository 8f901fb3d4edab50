/** JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces. */
import { badRequest } from "#apimachinery/status.ts";
import { hasField, isJsonObject, type JsonObject, setField, sortFields } from "./json-object.ts";

/** What has been touched is a map of Go's from then on: its fields are in order. */
function merge(target: unknown, patch: unknown): unknown {
  if (Array.isArray(patch) && !isJsonObject(target)) return patch.map(inOrder);
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else setField(merged, name, merge(hasField(merged, name) ? merged[name] : undefined, value));
  }
  sortFields(merged);
  return merged;
}

/** Of a list that is put where none was a map: nulls stay, maps are in order. */
function inOrder(value: unknown): unknown {
  return isJsonObject(value) || Array.isArray(value) ? merge(undefined, value) : value;
}

/**
 * The patched copy; neither argument is changed, unchanged parts are shared with `original`.
 * Throws ApiError BadRequest when the patch is no object.
 */
export function applyMergePatch(original: JsonObject, patch: unknown): JsonObject {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (!isJsonObject(patch)) {
    const type = Array.isArray(patch) ? "array" : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  const merged = merge(original, patch);
  return isJsonObject(merged) ? merged : {};
}
