/** Metadata of a resource's objects, under the resource's own rules. */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "#apimachinery/validate.ts";
import type { NamedMeta } from "#gen/api/meta/v1.ts";
import type { Resource } from "./resource.ts";

const finalizersPath = new Path("metadata.finalizers");
const ownFinalizers = ["foregroundDeletion", "kubernetes", "orphan"];

/** A finalizer without a domain is one of Kubernetes itself. */
export function validateFinalizerName(name: string, path: Path): FieldError[] {
  if (name.includes("/") || ownFinalizers.includes(name)) return [];
  const sentence = "name is neither a standard finalizer name nor is it fully qualified";
  return [invalidValue(path, name, sentence)];
}

function finalizers({ metaRules }: Resource, { finalizers = [] }: NamedMeta): FieldError[] {
  if (metaRules?.anyFinalizers === true) return [];
  return finalizers.flatMap((name, index) =>
    validateFinalizerName(name, finalizersPath.index(index)),
  );
}

export function validateMeta(resource: Resource, meta: NamedMeta): FieldError[] {
  const { validateName, ref } = resource;
  return [
    ...validateObjectMeta(meta, { namespaced: ref.namespaced, validateName }),
    ...finalizers(resource, meta),
  ];
}

export function validateMetaUpdate(
  resource: Resource,
  meta: NamedMeta,
  old: NamedMeta,
): FieldError[] {
  const whole = resource.metaRules?.wholeOnUpdate !== false;
  return [
    ...validateObjectMetaUpdate(meta, old),
    ...(whole ? validateMeta(resource, meta) : finalizers(resource, meta)),
  ];
}
