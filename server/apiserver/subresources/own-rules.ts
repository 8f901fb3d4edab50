/** Subresources that take the whole object and keep one part of it. */
import { getOne } from "#apiserver/handlers/get.ts";
import { patchUnder } from "#apiserver/handlers/patch.ts";
import { type UpdateRules, updateUnder } from "#apiserver/handlers/update.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { SubresourceHandlers } from "./registry.ts";

export function ownRules(rules: UpdateRules): SubresourceHandlers {
  return { get: getOne, update: updateUnder(rules), patch: patchUnder(rules) };
}

/** Makes `object` the stored one with `change` over it; metadata keeps only the revision asked for and who manages what. */
export function keepAllBut(
  object: KubeObject,
  old: KubeObject,
  change: Readonly<Record<string, unknown>>,
): void {
  const { resourceVersion, managedFields } = object.metadata;
  const fields: Record<string, unknown> = { ...object };
  for (const name of Object.keys(fields)) Reflect.deleteProperty(object, name);
  const metadata = { ...old.metadata, resourceVersion, managedFields };
  Object.assign(object, old, { metadata }, change);
}
