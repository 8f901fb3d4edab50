/** One request as the API server takes it, without server, store and admission: decode, default, strategy, validate. */
import { Buffer } from "node:buffer";
import { decodeJson } from "#apimachinery/codec/json.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { FieldError } from "#apimachinery/field-error.ts";
import { ApiError } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { resourceAt } from "#resources/registry.ts";
import type { Resource } from "#resources/resource.ts";
import { validateMeta, validateMetaUpdate, validateSegments } from "#resources/validate-meta.ts";

export const now = new Date("2026-11-21T09:12:04Z");
const user = { name: "admin", uid: "", groups: ["system:masters"], extra: {} };

/** `/apis/apps/v1/namespaces/default/deployments?dryRun=All` */
export function resourceOfPath(path: string): Resource {
  const parts = (path.split("?")[0] ?? "").split("/").filter((part) => part !== "");
  const [root, ...rest] = parts;
  const group = root === "api" ? "" : (rest.shift() ?? "");
  const version = rest.shift() ?? "";
  const resource = resourceAt({ group, version, plural: rest.at(-1) ?? "" });
  if (resource === undefined) throw new Error(`no resource for ${path}`);
  return resource;
}

export interface Answer {
  readonly code: number;
  readonly reason?: string;
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
  readonly object?: KubeObject;
}

const refused = (error: unknown): Answer => {
  if (!(error instanceof ApiError)) throw error;
  const { code, reason = "" } = error.status;
  return { code, reason, errors: [], warnings: [] };
};

function decode(resource: Resource, request: unknown): KubeObject | Answer {
  const { group, version, kind, plural } = resource.ref;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  try {
    const decoded = decodeJson(Buffer.from(JSON.stringify(request)), { apiVersion, kind });
    const strict = [...decoded.unknownFields, ...decoded.duplicateFields];
    if (strict.length > 0) return { code: 400, reason: "BadRequest", errors: [], warnings: [] };
    const wrong = decoded.object.kind !== kind || decoded.object.apiVersion !== apiVersion;
    if (wrong) return { code: 400, reason: "BadRequest", errors: [], warnings: [plural] };
    return decoded.object;
  } catch (error) {
    return refused(error);
  }
}

/** Defaults in place; the refusal where they cannot be: upstream's conversion fails so. */
function defaulted(resource: Resource, object: KubeObject): Answer | undefined {
  try {
    resource.default?.(object);
    return undefined;
  } catch (error) {
    return refused(error);
  }
}

const isAnswer = (value: KubeObject | Answer): value is Answer => "code" in value;

function judged(
  resource: Resource,
  object: KubeObject,
  code: number,
  parts: {
    errors: FieldError[];
    old?: KubeObject;
  },
): Answer {
  const warnings = resource.warnings?.(object, parts.old) ?? [];
  if (parts.errors.length === 0) return { code, errors: [], warnings, object };
  return { code: 422, reason: "Invalid", errors: parts.errors, warnings: [], object };
}

export interface Hooks {
  /** What admission and allocation would have done before validation. */
  readonly complete?: (object: KubeObject, old: KubeObject | undefined) => FieldError[];
}

/** What admission found wrong, or its refusal. */
function completed(hooks: Hooks, object: KubeObject, old: KubeObject | undefined) {
  try {
    return hooks.complete?.(object, old) ?? [];
  } catch (error) {
    return refused(error);
  }
}

const reviewed: ReadonlySet<string> = new Set(["authentication.k8s.io", "authorization.k8s.io"]);

export function create(resource: Resource, request: unknown, hooks: Hooks = {}): Answer {
  const object = decode(resource, request);
  if (isAnswer(object)) return object;
  // A question is answered, not stored: only whether it can be asked is judged.
  if (reviewed.has(resource.ref.group))
    return judged(resource, object, 201, { errors: resource.validate?.(object) ?? [] });
  const { ref } = resource;
  object.metadata ??= { name: "" };
  const { metadata } = object;
  if (ref.namespaced && (metadata.namespace ?? "") === "") metadata.namespace = "default";
  if (ref.namespaced && metadata.namespace !== "default")
    return { code: 400, reason: "BadRequest", errors: [], warnings: [] };
  if (!ref.namespaced && metadata.namespace !== undefined && metadata.namespace !== "")
    delete metadata.namespace;
  const undefaulted = defaulted(resource, object);
  if (undefaulted !== undefined) return undefaulted;
  if ((metadata.name ?? "") === "" && metadata.generateName)
    metadata.name = `${metadata.generateName.slice(0, 58)}abcde`;
  metadata.name ??= "";
  metadata.uid = "9d432d5b-e393-434f-9bd7-6f794777e684";
  metadata.creationTimestamp = "2026-11-21T09:12:04Z";
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.managedFields;
  if (resource.hasGeneration !== false) metadata.generation = 1;
  const early = completed(hooks, object, undefined);
  if (!Array.isArray(early)) return early;
  if (early.length > 0) return { code: 422, reason: "Invalid", errors: early, warnings: [] };
  resource.dropDisabled?.(object);
  resource.prepareForCreate?.(object, { now, user });
  const errors = [...validateMeta(resource, object), ...(resource.validate?.(object) ?? [])];
  return judged(resource, object, 201, {
    errors: errors.length > 0 ? errors : validateSegments(object),
  });
}

export function update(
  resource: Resource,
  stored: KubeObject,
  request: unknown,
  hooks: Hooks = {},
): Answer {
  const object = decode(resource, request);
  if (isAnswer(object)) return object;
  object.metadata ??= { name: "" };
  const { metadata } = object;
  const old = stored.metadata;
  if (metadata.name !== old.name)
    return { code: 400, reason: "BadRequest", errors: [], warnings: [] };
  if (resource.ref.namespaced && (metadata.namespace ?? "") === "")
    metadata.namespace = old.namespace;
  if (resource.ref.namespaced && metadata.namespace !== old.namespace)
    return { code: 400, reason: "BadRequest", errors: [], warnings: [] };
  if (!resource.ref.namespaced) delete metadata.namespace;
  const undefaulted = defaulted(resource, object);
  if (undefaulted !== undefined) return undefaulted;
  if ((metadata.resourceVersion ?? "") === "") {
    if (resource.allowUnconditionalUpdate === false)
      return {
        code: 422,
        reason: "Invalid",
        errors: [{ reason: "FieldValueInvalid", field: "metadata.resourceVersion", message: "" }],
        warnings: [],
      };
    metadata.resourceVersion = old.resourceVersion;
  } else if (metadata.resourceVersion !== old.resourceVersion) {
    return { code: 409, reason: "Conflict", errors: [], warnings: [] };
  }
  if ((metadata.uid ?? "") === "") metadata.uid = old.uid;
  if (metadata.uid !== old.uid) return { code: 409, reason: "Conflict", errors: [], warnings: [] };
  metadata.creationTimestamp = old.creationTimestamp;
  metadata.generation = old.generation;
  for (const field of ["deletionTimestamp", "deletionGracePeriodSeconds"] as const)
    if (old[field] !== undefined) Object.assign(metadata, { [field]: old[field] });
  delete metadata.managedFields;
  resource.dropDisabled?.(object);
  resource.prepareForUpdate?.(object, stored, { now, user });
  const early = completed(hooks, object, stored);
  if (!Array.isArray(early)) return early;
  if (early.length > 0) return { code: 422, reason: "Invalid", errors: early, warnings: [] };
  if (raises(resource, object, stored)) metadata.generation = (old.generation ?? 0) + 1;
  const rules = resource.validateUpdate?.(object, stored) ?? [];
  const errors = [...validateMetaUpdate(resource, object, stored), ...rules];
  return judged(resource, object, 200, { errors, old: stored });
}

function raises(resource: Resource, object: KubeObject, stored: KubeObject): boolean {
  if (resource.hasGeneration === false) return false;
  if (resource.raisesGeneration !== undefined) return resource.raisesGeneration(object, stored);
  const body = (whole: KubeObject & { status?: unknown }): unknown => {
    const { metadata, status, ...rest } = whole;
    return rest;
  };
  return !deepEqual(body(object), body(stored));
}
