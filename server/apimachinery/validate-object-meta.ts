/** The metadata of any object: each check returns field errors. */
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  Path,
  required,
  tooLong,
} from "#apimachinery/field-error.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "#gen/api/meta/v1.ts";
import {
  byteLength,
  invalidEach,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isLonger,
  isQualifiedName,
  negativeSentence,
  plainNamePattern,
  validateImmutable,
} from "./validate.ts";

const metadataPath = new Path("metadata");
/** Keys and values together; over it: a FieldValueTooLong. */
export const annotationsBytesMax = 256 * 1024;
const fieldManagerBytesMax = 128;
const subresourceBytesMax = 256;

export interface MetaRules {
  readonly namespaced: boolean;
  /** How the name must look; default: a DNS-1123 subdomain. */
  readonly validateName?: ((name: string) => readonly string[]) | undefined;
}

/** A generated name goes on after the prefix, so that its last dash is no last character. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}

/** Metadata at creation: the name is already generated. */
export function validateObjectMeta(
  meta: ObjectMeta,
  { namespaced, validateName = isDNS1123Subdomain }: MetaRules,
  path = metadataPath,
): FieldError[] {
  const errors: FieldError[] = [];
  const { generateName, name, namespace } = meta;
  if (generateName !== undefined && generateName !== "")
    for (const sentence of validateName(maskTrailingDash(generateName)))
      errors.push(invalidValue(path.child("generateName"), generateName, sentence));
  if (name === undefined || name === "")
    errors.push(required(path.child("name"), "name or generateName is required"));
  else errors.push(...invalidEach(path.child("name"), name, validateName(name)));
  if (!namespaced && namespace !== undefined && namespace !== "")
    errors.push(forbiddenField(path.child("namespace"), "not allowed on this type"));
  if (namespaced && (namespace === undefined || namespace === ""))
    errors.push(required(path.child("namespace"), ""));
  else if (namespaced && namespace !== undefined)
    errors.push(...invalidEach(path.child("namespace"), namespace, isDNS1123Label(namespace)));
  errors.push(...validateCommonMeta(meta, path));
  errors.push(...validateFinalizers(meta.finalizers ?? [], path.child("finalizers")));
  return errors;
}

/** Metadata of an update; `meta` already has the stored resourceVersion where the client gave none. */
export function validateObjectMetaUpdate(
  meta: ObjectMeta,
  old: ObjectMeta,
  path = metadataPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined)
    errors.push(...validateNoNewFinalizers(meta, old, path.child("finalizers")));
  if ((meta.resourceVersion ?? "") === "")
    errors.push(invalidValue(path.child("resourceVersion"), "", "must be specified for an update"));
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    errors.push(
      invalidValue(path.child("generation"), meta.generation ?? 0, "must not be decremented"),
    );
  const immutable = [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const;
  for (const field of immutable)
    errors.push(...validateImmutable(meta[field], old[field], path.child(field)));
  errors.push(...validateCommonMeta(meta, path));
  return errors;
}

function validateNoNewFinalizers(meta: ObjectMeta, old: ObjectMeta, path: Path): FieldError[] {
  const known = new Set(old.finalizers);
  const added = [...new Set(meta.finalizers)].filter((name) => !known.has(name)).sort();
  if (added.length === 0) return [];
  const names = added.map((name) => JSON.stringify(name)).join(", ");
  const sentence = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
  return [forbiddenField(path, sentence)];
}

function validateCommonMeta(meta: ObjectMeta, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if ((meta.generation ?? 0) < 0)
    errors.push(invalidValue(path.child("generation"), meta.generation, negativeSentence));
  errors.push(...validateLabels(meta.labels ?? {}, path.child("labels")));
  errors.push(...validateAnnotations(meta.annotations ?? {}, path.child("annotations")));
  errors.push(
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child("ownerReferences")),
  );
  for (const [index, entry] of (meta.managedFields ?? []).entries())
    errors.push(...validateManagedFields(entry, path.child("managedFields").index(index)));
  return errors;
}

/** Entries of a map that are judged as quickly as several small requests are answered. */
const largeMapMin = 2_000;
/** Of a step. */
const entriesAtOnce = 1_000;
/** Maps that were found to be as they should before anybody asked. */
const sound = new WeakSet<object>();

type Texts = Readonly<Record<string, string>>;

const isLabel = (name: string, value: string): boolean =>
  isQualifiedName(name).length === 0 && isLabelValue(value).length === 0;
const isAnnotation = (name: string): boolean => isQualifiedName(name.toLowerCase()).length === 0;

function* judgeMap(map: Texts, isSound: (name: string, value: string) => boolean) {
  const names = Object.keys(map);
  if (names.length < largeMapMin) return;
  for (const [at, name] of names.entries()) {
    if (!isSound(name, map[name] ?? "")) return;
    if (at % entriesAtOnce === 0) yield;
  }
  sound.add(map);
}

/** Large labels and annotations, judged step by step right before the object is validated. */
export function* judgeAhead({ labels = {}, annotations = {} }: ObjectMeta): Generator<void> {
  yield* judgeMap(labels, isLabel);
  yield* judgeMap(annotations, isAnnotation);
}

export function validateLabels(labels: Readonly<Record<string, string>>, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (sound.has(labels)) return errors;
  for (const name in labels) {
    const value = labels[name] ?? "";
    // A hundred thousand fit into a body: nothing is made for one that is as it should be.
    const wrong = isQualifiedName(name);
    if (wrong.length > 0) errors.push(...invalidEach(path, name, wrong));
    const wrongValue = isLabelValue(value);
    if (wrongValue.length > 0) errors.push(...invalidEach(path, value, wrongValue));
  }
  return errors;
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>>,
  path: Path,
): FieldError[] {
  let bytes = 0;
  const errors: FieldError[] = [];
  const known = sound.has(annotations);
  for (const [name, value] of Object.entries(annotations)) {
    if (!known) errors.push(...invalidEach(path, name, isQualifiedName(name.toLowerCase())));
    bytes += byteLength(name) + byteLength(value);
  }
  if (bytes > annotationsBytesMax) errors.push(tooLong(path, annotationsBytesMax));
  return errors;
}

function validateFinalizers(finalizers: readonly string[], path: Path): FieldError[] {
  const errors = finalizers.flatMap((name) => invalidEach(path, name, isQualifiedName(name)));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const sentence = "finalizer orphan and foregroundDeletion cannot be both set";
    errors.push(invalidValue(path, finalizers, sentence));
  }
  return errors;
}

function validateOwnerReferences(references: readonly OwnerReference[], path: Path): FieldError[] {
  const errors = references.flatMap((reference, index) =>
    validateOwnerReference(reference, path.index(index)),
  );
  const controllers = references.filter((reference) => reference.controller === true);
  const [first] = controllers;
  for (const { kind, name } of controllers.slice(1)) {
    const sentence = `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind}/${first?.name} and ${kind}/${name}`;
    errors.push(invalidValue(path, references, sentence));
  }
  return errors;
}

function validateOwnerReference(reference: OwnerReference, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion = "", kind = "" } = reference;
  for (const field of ["apiVersion", "kind", "name", "uid"] as const)
    if ((reference[field] ?? "") === "")
      errors.push(required(path.child(field), "must not be empty"));
  if (apiVersion !== "" && (apiVersion.split("/").length > 2 || apiVersion.endsWith("/"))) {
    const sentence = "must be <group>/<version> or <version>";
    errors.push(invalidValue(path.child("apiVersion"), apiVersion, sentence));
  }
  if (apiVersion === "v1" && kind === "Event") {
    const sentence = "/v1, Kind=Event is disallowed from being an owner";
    errors.push(invalidValue(path, reference, sentence));
  }
  return errors;
}

function validateManagedFields(entry: ManagedFieldsEntry, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry;
  const operationPath = path.child("operation");
  if (operation === "") errors.push(required(operationPath, "must not be empty"));
  else if (operation !== "Apply" && operation !== "Update")
    errors.push(notSupported(operationPath, operation, ["Apply", "Update"]));
  if (fieldsType !== "" && fieldsType !== "FieldsV1")
    errors.push(invalidValue(path.child("fieldsType"), fieldsType, "must be `FieldsV1`"));
  errors.push(...validateFieldManager(manager, path.child("manager")));
  if (isLonger(subresource, subresourceBytesMax))
    errors.push(tooLong(path.child("subresource"), subresourceBytesMax));
  return errors;
}

/** The name of a field manager: a query parameter too. */
export function validateFieldManager(manager: string, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (isLonger(manager, fieldManagerBytesMax)) errors.push(tooLong(path, fieldManagerBytesMax));
  if (plainNamePattern.test(manager)) return errors;
  for (const match of manager.matchAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu)) {
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const position = byteLength(manager.slice(0, match.index));
    const sentence = `invalid character U+${code} (at position ${position})`;
    errors.push(invalidValue(path, manager, sentence));
  }
  return errors;
}
