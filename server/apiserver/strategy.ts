/**
 * What every object goes through around its resource's own rules, before a create and before an update
 * (upstream's rest.BeforeCreate and rest.BeforeUpdate). Drafts are changed in place; stored objects never.
 */
import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { type FieldError, inTold } from "#apimachinery/field-error.ts";
import { conflict, invalid } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import { keepMetadata } from "#resources/strategy.ts";
import { validateMeta, validateMetaUpdate, validateSegments } from "#resources/validate-meta.ts";
import type { Call, ServerContext } from "./call.ts";
import { named } from "./endpoint.ts";

/** `ref`: of what is stored; events are core's whichever group they were sent to. */
function refuseInvalid({ ref }: Resource, name: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const causes = inTold(errors).map(({ reason, field, message }) => ({ reason, field, message }));
  throw invalid({ group: ref.group, kind: ref.kind }, name, causes);
}

/** What only the server sets: who sends it is not even noted as its manager. */
export function wipeSystemFields({ metadata }: KubeObject): void {
  metadata.uid = undefined;
  metadata.creationTimestamp = undefined;
  metadata.deletionTimestamp = undefined;
  metadata.deletionGracePeriodSeconds = undefined;
  metadata.selfLink = undefined;
}

export function prepareForCreate(server: ServerContext, call: Call, object: KubeObject): void {
  const { endpoint, info } = call;
  const { resource } = endpoint;
  const { metadata } = object;
  const now = server.clock();
  metadata.namespace = endpoint.ref.namespaced ? info.namespace : undefined;
  metadata.uid = server.randomness.uid();
  metadata.creationTimestamp = formatTime(now);
  metadata.deletionTimestamp = undefined;
  metadata.deletionGracePeriodSeconds = undefined;
  metadata.selfLink = undefined;
  if (resource.hasGeneration !== false) metadata.generation = 1;
  resource.dropDisabled?.(object);
  const warn = (warning: string): void => void call.warnings.push(warning);
  const newUid = (): string => server.randomness.uid();
  resource.prepareForCreate?.(object, { now, user: call.user, newUid, warn });
}

/** Throws Invalid with every fault; `privileged`: of fields that not everybody may set. */
export function validateCreate(
  call: Call,
  object: KubeObject,
  privileged: readonly FieldError[] = [],
): void {
  const { rules, seen } = judgedAs(call.endpoint);
  const own = [...privileged, ...(rules.validate?.(seen(object)) ?? [])];
  const isLate = rules.metaRules?.isLate === true && own.length > 0;
  const meta = isLate ? [] : validateMeta(rules, object);
  const faults = [...meta, ...own];
  const all = faults.length > 0 ? faults : validateSegments(object);
  refuseInvalid(call.endpoint.resource, object.metadata.name, all);
  if (rules.warnings !== undefined) call.warnings.push(...rules.warnings(seen(object), undefined));
}

/** Objects of two group-versions are judged by the rules of the one that was addressed. */
function judgedAs({ addressed, conversion }: Call["endpoint"]): {
  readonly rules: Resource;
  seen(object: KubeObject): KubeObject;
} {
  const seen = (object: KubeObject): KubeObject => conversion?.fromStored(object) ?? object;
  return { rules: addressed, seen };
}

/** True when anything but metadata and status differs: upstream's strategies compare spec and its like. */
function desiresDiffer(object: KubeObject, old: KubeObject): boolean {
  const desired = ({ metadata: _, status: __, ...rest }: KubeObject & { status?: unknown }) => rest;
  return !meansTheSame(desired(object), desired(old));
}

function statusOf(object: KubeObject): unknown {
  return "status" in object ? object.status : undefined;
}

/** What the server alone says of an object stays: its name, its begin and its end. */
export function keepServersMetadata({ metadata }: KubeObject, old: KubeObject): void {
  metadata.namespace = old.metadata.namespace;
  metadata.creationTimestamp = old.metadata.creationTimestamp;
  metadata.uid =
    metadata.uid === undefined || metadata.uid === "" ? old.metadata.uid : metadata.uid;
  metadata.generation = old.metadata.generation;
  // Only a delete sets or moves them: upstream puts back the time, and what else the client left out.
  metadata.deletionTimestamp = old.metadata.deletionTimestamp ?? metadata.deletionTimestamp;
  metadata.deletionGracePeriodSeconds ??= old.metadata.deletionGracePeriodSeconds;
}

/** The part that an update may not touch stays the stored one's. */
export function prepareForUpdate(
  server: ServerContext,
  { endpoint, info }: Call,
  object: KubeObject,
  old: KubeObject,
): void {
  const { resource } = endpoint;
  const now = server.clock();
  keepServersMetadata(object, old);
  if (info.subresource === "status") {
    if (resource.prepareForStatusUpdate !== undefined) {
      resource.prepareForStatusUpdate(object, old, { now });
    } else keepAllButStatus(resource, object, old);
    return;
  }
  if (servesStatus(resource)) Object.assign(object, { status: statusOf(old) });
  resource.dropDisabled?.(object);
  resource.prepareForUpdate?.(object, old, { now });
  if (resource.hasGeneration === false && resource.raisesGeneration === undefined) return;
  const raised = resource.raisesGeneration?.(object, old) ?? desiresDiffer(object, old);
  if (raised) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** Resources with a /status ignore status on their main path. */
function servesStatus({ ref }: Resource): boolean {
  return ref.subresources.some(({ name }) => name === "status");
}

/** Where a status update leaves metadata alone; elsewhere upstream lets labels and annotations through. */
const metadataStays: ReadonlySet<string> = new Set([
  "admissionregistration.k8s.io/validatingadmissionpolicies",
  "apiextensions.k8s.io/customresourcedefinitions",
  "apiregistration.k8s.io/apiservices",
  "certificates.k8s.io/podcertificaterequests",
  "flowcontrol.apiserver.k8s.io/flowschemas",
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
  "networking.k8s.io/servicecidrs",
  "resource.k8s.io/resourceclaims",
  "storage.k8s.io/volumeattachments",
  "storagemigration.k8s.io/storageversionmigrations",
]);

function keepAllButStatus({ ref, takeIn }: Resource, object: KubeObject, old: KubeObject): void {
  const status = statusOf(object);
  const { resourceVersion, managedFields } = object.metadata;
  const isCustom = takeIn !== undefined;
  const metadata = isCustom ? { ...old.metadata, resourceVersion, managedFields } : object.metadata;
  if (metadataStays.has(`${ref.group}/${ref.plural}`)) keepMetadata(metadata, old.metadata);
  const fields: Record<string, unknown> = { ...object };
  for (const name of Object.keys(fields)) Reflect.deleteProperty(object, name);
  Object.assign(object, old, { metadata, status });
}

/** As above. */
export function validateUpdate(
  call: Call,
  object: KubeObject,
  old: KubeObject,
  privileged: readonly FieldError[] = [],
): void {
  const { rules, seen } = judgedAs(call.endpoint);
  const isStatus = call.info.subresource === "status";
  // A status update does not judge the name again, nor what it was made of.
  const changes = validateMetaUpdate(
    isStatus ? { ...rules, metaRules: { ...rules.metaRules, wholeOnUpdate: false } } : rules,
    object,
    old,
  );
  const [now, before] = [seen(object), seen(old)];
  const own = isStatus
    ? rules.validateStatusUpdate?.(now, before)
    : rules.validateUpdate?.(now, before);
  const faults = [...changes, ...privileged, ...(own ?? [])];
  refuseInvalid(call.endpoint.resource, object.metadata.name, faults);
  // Of a status nobody is warned: what it warns of was said to who wrote the rest.
  if (rules.warnings !== undefined && !isStatus) call.warnings.push(...rules.warnings(now, before));
}

export function optimisticLock(call: Call): Error {
  return conflict(
    named(call.endpoint, call.info.name),
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}
