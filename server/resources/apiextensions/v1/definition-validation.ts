/** Validation of a CustomResourceDefinition but for its schemas. */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooMany } from "#apimachinery/field-error.ts";
import { isDNS1035Label, isDNS1123Subdomain, validateImmutable } from "#apimachinery/validate.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
  CustomResourceDefinitionVersion as Version,
} from "#gen/api/apiextensions/v1.ts";
import { validateClientConfig } from "#resources/admissionregistration/v1/client-config-validation.ts";
import { type Parts, type Places, placesOf } from "./definition-places.ts";
import { validateSchema } from "./schema-validation.ts";

const specPath = new Path("spec");
const reviewVersions = ["v1", "v1beta1"];
const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = [
  "",
  "int32",
  "int64",
  "float",
  "double",
  "byte",
  "date",
  "date-time",
  "password",
];

/** Its name says what it defines. */
export function definitionNameFaults(
  name: string,
  { spec }: CustomResourceDefinition,
): readonly string[] {
  const wanted = `${spec.names?.plural ?? ""}.${spec.group ?? ""}`;
  const faults = isDNS1123Subdomain(name);
  return name === wanted ? faults : [...faults, 'must be spec.names.plural+"."+spec.group'];
}

/** `old`: established; nothing is converted for others yet, so their authorities may come later. */
function validateDefinition(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): FieldError[] {
  const checks = new FieldChecks();
  const { spec } = definition;
  const { group = "", scope = "" } = spec;
  validateGroup(checks, group);
  checks.presentOneOf(specPath.child("scope"), scope, ["Cluster", "Namespaced"]);
  const places = placesOf(spec.versions ?? [], specPath.child("versions"));
  validateVersions(checks, spec.versions ?? [], places);
  validateNames(checks, spec.names ?? {}, specPath.child("names"));
  if (places.top !== undefined) validateParts(checks, places.top);
  const path = specPath.child("conversion");
  validateConversion(checks, spec.conversion, path);
  if (old !== undefined && areAuthorities(authoritiesOf(old)))
    checkAuthorities(
      checks,
      authoritiesOf(definition),
      path.child("webhookClientConfig", "caBundle"),
    );
  validateStored(checks, definition);
  return checks.errors;
}

/** Of before schemas said so: who made one then may keep it. */
export function validateNewDefinition(definition: CustomResourceDefinition): FieldError[] {
  const checks = new FieldChecks();
  checks.add(validateDefinition(definition));
  if (definition.spec.preserveUnknownFields === true)
    checks.invalid(
      specPath.child("preserveUnknownFields"),
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    );
  return checks.errors;
}

/** The names that its controller took are names, where there are any. */
export function validateDefinitionStatus({ status }: CustomResourceDefinition): FieldError[] {
  const checks = new FieldChecks();
  const names: Partial<CustomResourceDefinitionNames> = status?.acceptedNames ?? {};
  validateNameForms(checks, names, new Path("status.acceptedNames"));
  return checks.errors;
}

function joined(checks: FieldChecks, path: Path, value: string, faults: readonly string[]): void {
  if (faults.length > 0) checks.invalid(path, value, faults.join(","));
}

function validateGroup(checks: FieldChecks, group: string): void {
  const path = specPath.child("group");
  if (!checks.present(path, group)) return;
  const faults = isDNS1123Subdomain(group);
  if (faults.length > 0) checks.invalid(path, group, faults.join(","));
  else if (!group.includes("."))
    checks.invalid(path, group, "should be a domain with at least one dot");
}

function validateNames(
  checks: FieldChecks,
  names: Partial<CustomResourceDefinitionNames>,
  path: Path,
): void {
  const { plural = "", singular = "", kind = "", listKind = "" } = names;
  for (const [field, value] of Object.entries({ plural, singular, kind, listKind }))
    checks.present(path.child(field), value);
  if (kind !== "" && kind === listKind)
    checks.invalid(path.child("listKind"), listKind, "kind and listKind may not be the same");
  validateNameForms(checks, names, path);
}

/** Of those that are given. */
function validateNameForms(
  checks: FieldChecks,
  names: Partial<CustomResourceDefinitionNames>,
  path: Path,
): void {
  const { plural = "", singular = "", kind = "", listKind = "" } = names;
  for (const [field, value] of Object.entries({ plural, singular, kind, listKind })) {
    const here = path.child(field);
    if (value === "") continue;
    const isKind = field === "kind" || field === "listKind";
    joined(checks, here, value, isDNS1035Label(isKind ? value.toLowerCase() : value));
  }
  for (const field of ["shortNames", "categories"] as const)
    for (const [index, word] of (names[field] ?? []).entries())
      joined(checks, path.child(field).index(index), word, isDNS1035Label(word));
}

/** Each of its own; what they have alike is judged after the names. */
function validateVersions(checks: FieldChecks, versions: readonly Version[], places: Places): void {
  const path = specPath.child("versions");
  const names = versions.map(({ name }) => name);
  for (const { version, path: here } of places.each)
    if (version.schema?.openAPIV3Schema === undefined)
      checks.required(here.child("schema", "openAPIV3Schema"));
  for (const parts of places.each) {
    const { version, path: here } = parts;
    joined(checks, here.child("name"), version.name ?? "", isDNS1035Label(version.name ?? ""));
    validateDeprecation(checks, version, here.child("deprecationWarning"));
    validateParts(checks, parts);
  }
  if (new Set(names).size < names.length)
    checks.invalid(path, places.quoted, "must contain unique version names");
  if (versions.filter(({ storage }) => storage === true).length !== 1)
    checks.invalid(path, places.quoted, "must have exactly one version marked as storage version");
  // The internal form names the first version once more.
  const [first = ""] = names;
  if (first) joined(checks, specPath.child("version"), first, isDNS1035Label(first));
}

const deprecationWarningMax = 256;

function validateDeprecation(
  checks: FieldChecks,
  { deprecated, deprecationWarning: warning }: Version,
  path: Path,
): void {
  if (warning === undefined) return;
  const faults = [
    ...(Buffer.byteLength(warning) > deprecationWarningMax
      ? [`must be <= ${deprecationWarningMax} characters long`]
      : []),
    ...(warning === "" ? ["must not be an empty string"] : []),
    ...unprintable(warning),
  ];
  const all = deprecated === true ? faults : ["can only be set for deprecated versions"];
  for (const sentence of all) checks.invalid(path, warning, sentence);
}

function unprintable(text: string): readonly string[] {
  const at = text.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (at < 0) return [];
  const index = Buffer.byteLength(text.slice(0, at));
  return [
    `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
  ];
}

/** Those parts of a version that are judged where they stand. */
function validateParts(checks: FieldChecks, parts: Parts): void {
  const { version, path, schemaPath } = parts;
  const { schema, subresources, additionalPrinterColumns = [] } = version;
  if (parts.has("schema") && schema?.openAPIV3Schema !== undefined)
    validateSchema(checks, schema.openAPIV3Schema, {
      path: schemaPath.child("openAPIV3Schema"),
      hasStatus: subresources?.status !== undefined,
    });
  if (parts.has("subresources") && subresources?.scale !== undefined)
    validateScale(checks, subresources.scale, path.child("subresources", "scale"));
  if (parts.has("additionalPrinterColumns"))
    for (const [index, column] of additionalPrinterColumns.entries())
      validateColumn(checks, column, path.child("additionalPrinterColumns").index(index));
  if (parts.has("selectableFields")) validateSelectable(checks, parts);
}

const selectableMax = 8;

function validateSelectable(
  checks: FieldChecks,
  { version: { schema, selectableFields = [] }, path, selectableFault: misplaced }: Parts,
): void {
  const place = path.child("selectableFields");
  if (selectableFields.length === 0) return;
  if (misplaced !== undefined) {
    checks.invalid(place, "", misplaced);
    return;
  }
  const seen = new Set<string>();
  for (const [index, { jsonPath = "" }] of selectableFields.entries()) {
    const here = place.index(index).child("jsonPath");
    if (!checks.present(here, jsonPath)) continue;
    const fault = selectableFault(schema?.openAPIV3Schema, jsonPath);
    if (fault !== undefined) checks.invalid(here, jsonPath, fault);
    if (fault === noField) continue;
    if (seen.has(jsonPath)) checks.duplicate(here, jsonPath);
    seen.add(jsonPath);
  }
  if (seen.size > selectableMax) checks.add([tooMany(place, seen.size, selectableMax)]);
}

const noField = "is an invalid path: does not refer to a valid field";

/** Why objects cannot be selected by what stands there. */
function selectableFault(root: JSONSchemaProps | undefined, path: string): string | undefined {
  if (!path.startsWith(".")) return "must be a simple json path starting with .";
  const names = path.slice(1).split(".");
  const found = names.reduce<JSONSchemaProps | undefined>(
    (schema, name) => schema?.properties?.[name],
    root,
  );
  if (found === undefined) return noField;
  if (names[0] === "metadata") return "must not point to fields in metadata";
  return ["string", "boolean", "integer"].includes(found.type ?? "")
    ? undefined
    : "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
}

function simplePath(checks: FieldChecks, path: Path, text: string): void {
  if (!text.startsWith("."))
    checks.invalid(path, text, "must be a simple json path starting with .");
}

function validateScale(
  checks: FieldChecks,
  scale: CustomResourceSubresourceScale,
  path: Path,
): void {
  const paths = [
    ["specReplicasPath", [".spec."], true],
    ["statusReplicasPath", [".status."], true],
    ["labelSelectorPath", [".spec.", ".status."], false],
  ] as const;
  for (const [field, prefixes, isRequired] of paths) {
    const text = scale[field] ?? "";
    const here = path.child(field);
    if (text === "") {
      if (isRequired) checks.required(here);
      continue;
    }
    if (!text.startsWith(".")) {
      simplePath(checks, here, text);
      continue;
    }
    if (!prefixes.some((prefix) => text.startsWith(prefix)))
      checks.invalid(here, text, `should be a json path under ${prefixes.join(" or ")}`);
  }
}

function validateColumn(
  checks: FieldChecks,
  { name, type = "", format = "", jsonPath = "" }: CustomResourceColumnDefinition,
  path: Path,
): void {
  checks.present(path.child("name"), name);
  if (!checks.present(path.child("type"), type, `must be one of ${columnTypes.join(",")}`)) {
    // Said.
  } else if (!columnTypes.includes(type))
    checks.invalid(path.child("type"), type, `must be one of ${columnTypes.join(",")}`);
  if (!columnFormats.includes(format))
    checks.invalid(path.child("format"), format, `must be one of ${columnFormats.join(",")}`);
  const jsonPathPath = path.child("JSONPath");
  if (checks.present(jsonPathPath, jsonPath)) simplePath(checks, jsonPathPath, jsonPath);
}

function validateConversion(
  checks: FieldChecks,
  conversion: CustomResourceConversion | undefined,
  path: Path,
): void {
  if (conversion === undefined) return;
  const { strategy = "", webhook } = conversion;
  checks.presentOneOf(path.child("strategy"), strategy, ["None", "Webhook"]);
  const configPath = path.child("webhookClientConfig");
  const versionsPath = path.child("conversionReviewVersions");
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== "Webhook") {
    const sentence = "should not be set when strategy is not set to Webhook";
    if (webhook?.clientConfig !== undefined) checks.forbidden(configPath, sentence);
    if (versions.length > 0) checks.forbidden(versionsPath, sentence);
    return;
  }
  if (webhook?.clientConfig === undefined)
    checks.required(configPath, "required when strategy is set to Webhook");
  else validateClientConfig(checks, webhook.clientConfig, configPath);
  if (versions.length === 0) {
    checks.required(versionsPath, `must specify at least one of ${reviewVersions.join(", ")}`);
    return;
  }
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    const here = versionsPath.index(index);
    if (seen.has(version)) checks.invalid(here, version, "duplicate version");
    else checks.each(here, version, isDNS1035Label(version));
    seen.add(version);
  }
  if (!reviewVersions.some((version) => seen.has(version)))
    checks.invalid(
      versionsPath,
      versions,
      `must include at least one of ${reviewVersions.join(", ")}`,
    );
}

function authoritiesOf({ spec: { conversion } }: CustomResourceDefinition): string {
  if (conversion?.strategy !== "Webhook") return "";
  return conversion.webhook?.clientConfig?.caBundle ?? "";
}

/** Base64 of PEM: one certificate at least, or nothing. */
function areAuthorities(caBundle: string): boolean {
  const text = Buffer.from(caBundle, "base64").toString("latin1");
  const found = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text);
  return caBundle === "" || (found !== null && isCertificate(found[0]));
}

function checkAuthorities(checks: FieldChecks, caBundle: string, path: Path): void {
  if (areAuthorities(caBundle)) return;
  checks.invalid(
    path,
    caBundle,
    "unable to load root certificates: unable to parse bytes as PEM block",
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Versions that objects were ever stored as. */
function validateStored(checks: FieldChecks, { spec, status }: CustomResourceDefinition): void {
  const path = new Path("status.storedVersions");
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) {
    checks.invalid(path, stored, "must have at least one stored version");
    return;
  }
  const left = new Map(stored.map((name, index) => [name, index]));
  for (const { name, storage } of spec.versions ?? [])
    if (!left.delete(name) && storage === true)
      checks.invalid(path, stored, `must have the storage version ${name}`);
  for (const [name, index] of left)
    checks.invalid(
      path.index(index),
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    );
}

/** What a served definition is called stays. */
export function validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldError[] {
  const [spec, before] = [definition.spec, old.spec];
  const established = (old.status?.conditions ?? []).some(
    ({ type, status }) => type === "Established" && status === "True",
  );
  const names = specPath.child("names");
  const whenServed = established
    ? [
        ...validateImmutable(spec.scope, before.scope, specPath.child("scope")),
        ...validateImmutable(spec.names?.kind, before.names?.kind, names.child("kind")),
      ]
    : [];
  return [
    ...validateDefinition(definition, established ? old : undefined),
    ...whenServed,
    ...validateImmutable(spec.group, before.group, specPath.child("group")),
    ...validateImmutable(spec.names?.plural, before.names?.plural, names.child("plural")),
  ];
}
