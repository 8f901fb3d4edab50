/** Metadata of a resource's objects, under the resource's own rules. */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { invalidEach, isPathSegmentName, isPathSegmentPrefix } from "#apimachinery/validate.ts";
import {
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "#apimachinery/validate-object-meta.ts";
import type { KubeObject, NamedMeta } from "#gen/api/meta/v1.ts";
import type { Resource } from "./resource.ts";

const metadataPath = new Path("metadata");
const finalizersPath = metadataPath.child("finalizers");
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

export function validateMeta(resource: Resource, object: KubeObject): FieldError[] {
  const { ref, metaRules } = resource;
  const meta = object.metadata;
  const validateName =
    resource.validateName && ((name: string) => resource.validateName?.(name, object) ?? []);
  const judged = metaRules?.anyGenerateName === true ? { ...meta, generateName: "" } : meta;
  return [
    ...validateObjectMeta(judged, { namespaced: ref.namespaced, validateName }),
    ...finalizers(resource, meta),
  ];
}

/** What is asked of every new object that has no other fault: that its names can stand in a URL. */
export function validateSegments({ metadata }: KubeObject): FieldError[] {
  const { generateName = "", name } = metadata;
  return [
    ...invalidEach(
      metadataPath.child("generateName"),
      generateName,
      isPathSegmentPrefix(generateName),
    ),
    ...invalidEach(metadataPath.child("name"), name, isPathSegmentName(name)),
  ];
}

/** Every update is judged by what all objects have in common, most by the resource's own rules beside. */
export function validateMetaUpdate(
  resource: Resource,
  object: KubeObject,
  { metadata: old }: KubeObject,
): FieldError[] {
  const meta = object.metadata;
  const { namespaced } = resource.ref;
  const whole = resource.metaRules?.wholeOnUpdate !== false;
  return [
    ...(whole ? validateSegments(object) : []),
    ...validateObjectMeta(meta, { namespaced, validateName: isPathSegmentPrefix }),
    ...validateObjectMetaUpdate(meta, old),
    ...(whole ? validateMeta(resource, object) : finalizers(resource, meta)),
  ];
}
