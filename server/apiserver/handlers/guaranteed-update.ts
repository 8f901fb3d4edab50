/**
 * Read, change, compare-and-swap, again: upstream's GuaranteedUpdate. It starts from the cache, which may lag
 * behind other replicas, so no refusal is final before the cache was known to be fresh.
 */
import { deepEqual, meansTheSame } from "#apimachinery/deep-equal.ts";
import { invalidValue, Path } from "#apimachinery/field-error.ts";
import { ApiError, conflict, invalid, notFound, plainFailure } from "#apimachinery/status.ts";
import { judgeAhead } from "#apimachinery/validate-object-meta.ts";
import { attributesOf, mutate, validate } from "#apiserver/admit.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { keyOf, named, storageFault } from "#apiserver/endpoint.ts";
import { breath } from "#apiserver/fairness/breath.ts";
import { trackUpdate } from "#apiserver/field-management/track.ts";
import { afterAdmission, dropDoubleOwners } from "#apiserver/owner-references.ts";
import { privilegeFaults } from "#apiserver/privileged-fields/registry.ts";
import { optimisticLock, prepareForUpdate, validateUpdate } from "#apiserver/strategy.ts";
import { hookOf, withAllocation } from "#apiserver/write-hooks.ts";
import type { KubeObject, ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import type { Key, Stored } from "#storage/storage.ts";
import { isNamespace, namespaceFinalizers } from "./namespace-finalizers.ts";
import type { Written } from "./written.ts";

/** Tries before an unconditional update gives up; upstream's patch tries 5 times. */
const triesMax = 5;

export interface Change {
  /** A new draft, owned by the caller, every time it is asked; `current` is never changed. */
  draft(current: Stored): Promise<KubeObject> | KubeObject;
  /** What stands in the way of the object's absence: NotFound when undefined. */
  readonly whenAbsent?: (() => Promise<Written>) | undefined;
  readonly dryRun: boolean;
  /** The draft was made from what was read (a patch): a clash only means to make it again. */
  readonly reapplies?: boolean;
  /** The draft already says who manages what: it comes from an apply, or from /scale. */
  readonly managed?: boolean;
  /** Replaces the strategy where a subresource has its own. Default: the update strategy. */
  prepare?(object: KubeObject, old: KubeObject): void;
  /** Default: the resource's update rules. */
  check?(object: KubeObject, old: KubeObject): void;
}

function unconditional(resourceVersion: string | undefined): boolean {
  return resourceVersion === undefined || resourceVersion === "" || resourceVersion === "0";
}

/** Upstream's sentence about what a writer asked the stored object to be. */
export function failedPrecondition(
  field: "UID" | "ResourceVersion",
  asked: string,
  stored: string | undefined,
): string {
  return `Precondition failed: ${field} in precondition: ${asked}, ${field} in object meta: ${stored}`;
}

/** A PUT that names another object than is stored, or one where there is none. A patch cannot: the uid is a field like others there. Throws Conflict. */
export function meetUid(
  call: Call,
  { metadata }: KubeObject,
  { object, dryRun }: { readonly object: KubeObject | undefined; readonly dryRun: boolean },
): void {
  const { uid } = metadata;
  const { uid: stored = "", namespace = call.info.namespace } = object?.metadata ?? {};
  if (uid === undefined || uid === "" || uid === stored) return;
  const why = failedPrecondition("UID", uid, stored);
  const at = { namespace, name: metadata.name, dryRun };
  throw conflict(named(call.endpoint, metadata.name), storageFault(call.endpoint, at, why));
}

/** Makes the draft's resourceVersion the current one. Throws Conflict, Invalid, or a bare failure where it is no number. */
function meetVersion(call: Call, draft: KubeObject, { object }: Stored): void {
  const { resource } = call.endpoint;
  const { metadata } = draft;
  const version = metadata.resourceVersion ?? "";
  if (version !== "" && !/^\d+$/.test(version))
    throw plainFailure(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  if (unconditional(metadata.resourceVersion)) {
    if (resource.allowUnconditionalUpdate === false) {
      // Upstream names the resource here, not the kind.
      const { group, plural: kind } = resource.ref;
      const path = new Path("metadata").child("resourceVersion");
      const error = invalidValue(path, 0, "must be specified for an update");
      throw invalid({ group, kind }, metadata.name, [error]);
    }
    metadata.resourceVersion = object.metadata.resourceVersion;
  } else if (metadata.resourceVersion !== object.metadata.resourceVersion) {
    throw optimisticLock(call);
  }
}

/** An object that is being deleted goes with its last finalizer (upstream's ShouldDeleteDuringUpdate). */
export function goesNow(object: KubeObject, old: KubeObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0) return false;
  if (isNamespace(object)) {
    return old.metadata.deletionTimestamp !== undefined && namespaceFinalizers(object).length === 0;
  }
  return old.metadata.deletionGracePeriodSeconds === 0;
}

interface Try {
  readonly current: Stored;
  /** The cache was known to hold everything when `current` was read. */
  readonly fresh: boolean;
}

type Outcome = Written | "again" | { readonly clash: Stored | undefined };

async function attempt(
  server: ServerContext,
  call: Call,
  change: Change,
  { current, fresh }: Try,
): Promise<Outcome> {
  const old = current.object;
  const draft = await change.draft(current);
  const free = change.reapplies === true || unconditional(draft.metadata.resourceVersion);
  if (change.reapplies !== true) {
    meetUid(call, draft, { object: old, dryRun: change.dryRun });
    dropDoubleOwners(call, draft);
  }
  await breath(call);
  if (change.managed !== true) trackUpdate(server, call, old, draft);
  await breath(call);
  const { dryRun } = change;
  const { name } = call.info;
  const attributes = attributesOf(call, { operation: "UPDATE", object: draft, old, name, dryRun });
  await mutate(server, attributes);
  dropDoubleOwners(call, draft, afterAdmission);
  meetVersion(call, draft, current);
  if (change.prepare === undefined) prepareForUpdate(server, call, draft, old);
  else change.prepare(draft, old);
  const checkAndWrite = async (): Promise<Outcome> => {
    for (const _ of judgeAhead(draft.metadata)) await breath(call);
    await breath(call);
    const faults = privilegeFaults(server, call, { object: draft, old });
    const privileged = faults === undefined ? [] : await faults;
    if (change.check === undefined) validateUpdate(call, draft, old, privileged);
    else change.check(draft, old);
    await breath(call);
    await validate(server, attributes);
    return write(server, call, { draft, free, dryRun }, { current, fresh });
  };
  // Only the object itself holds anything: its subresources change nothing of it.
  const main = call.info.subresource === "";
  const hook = main ? hookOf(server.hooks, call.endpoint.resource.ref) : undefined;
  const stands = (outcome: Outcome) => outcome !== "again" && !("clash" in outcome);
  return withAllocation(hook, { object: draft, old, dryRun }, checkAndWrite, stands);
}

/** Neither the object nor who manages what differs; when somebody wrote what stood there already is no difference. */
function changesNothing(draft: KubeObject, old: KubeObject): boolean {
  const now = draft.metadata.managedFields;
  const before = old.metadata.managedFields;
  if (now === before || now?.length !== before?.length) return meansTheSame(draft, old);
  const untimed = (entry: ManagedFieldsEntry) => ({ ...entry, time: undefined });
  if (!deepEqual(now?.map(untimed), before?.map(untimed))) return false;
  const metadata = { ...draft.metadata, managedFields: before };
  return meansTheSame({ ...draft, metadata }, old);
}

/**
 * Upstream's encoding of these, as they are created, is not that of what it reads back: their first update is
 * written whatever it says, and watchers see it.
 */
const writtenTwice: ReadonlySet<string> = new Set(["batch/jobs", "/persistentvolumeclaims"]);

function isRewritten({ key, object, revision, createRevision }: Stored): boolean {
  if (revision !== createRevision || !writtenTwice.has(`${key.group}/${key.resource}`))
    return false;
  // Of jobs, those whose selector was made for them.
  const { spec } = object as { readonly spec?: { readonly manualSelector?: boolean } };
  return spec?.manualSelector !== true;
}

async function write(
  server: ServerContext,
  call: Call,
  asked: { readonly draft: KubeObject; readonly free: boolean; readonly dryRun: boolean },
  { current, fresh }: Try,
): Promise<Outcome> {
  const { draft, free, dryRun } = asked;
  const old = current.object;
  const { name } = call.info;
  const gone = goesNow(draft, old);
  // A store keeps none; a dry run shows what it was given.
  if (!dryRun) draft.metadata.selfLink = undefined;
  if (!gone && changesNothing(draft, old) && !(isRewritten(current) && !dryRun))
    return free && !fresh ? "again" : { object: old, stored: current };
  if (dryRun) return { object: draft, stored: undefined };
  const result = await server.cache.write({
    op: gone ? "delete" : "update",
    key: current.key,
    expected: current.revision,
    // Watchers are told what was stored when it went, not what it became in going.
    object: gone ? { ...old, metadata: { ...old.metadata } } : draft,
  });
  if (result.outcome === "written") {
    if (!gone) return { object: result.stored.object, stored: result.stored };
    await hookOf(server.hooks, call.endpoint.resource.ref)?.release(old);
    // The client sees the last version that was stored; watchers see that of the end.
    const metadata = { ...draft.metadata, resourceVersion: old.metadata.resourceVersion };
    return { object: { ...draft, metadata }, stored: undefined };
  }
  if (free) return { clash: result.current };
  throw result.current === undefined ? notFound(named(call.endpoint, name)) : optimisticLock(call);
}

/** A refusal that older state may have caused is worth a second look at newer state. */
async function newer(server: ServerContext, key: Key, current: Stored): Promise<boolean> {
  await server.cache.fresh();
  return server.cache.get(key)?.revision !== current.revision;
}

export async function guaranteedUpdate(
  server: ServerContext,
  call: Call,
  change: Change,
): Promise<Written> {
  const key = keyOf(call.endpoint, call.info.namespace, call.info.name);
  let current: Stored | undefined = server.cache.get(key);
  let fresh = false;
  for (let tries = 1; tries <= triesMax; tries++) {
    if (current === undefined && !fresh) {
      await server.cache.fresh();
      fresh = true;
      current = server.cache.get(key);
    }
    const read = current;
    if (read === undefined) {
      if (change.whenAbsent !== undefined) return change.whenAbsent();
      throw notFound(named(call.endpoint, call.info.name));
    }
    try {
      const outcome = await attempt(server, call, change, { current: read, fresh });
      if (outcome === "again") await server.cache.fresh();
      else if (!("clash" in outcome)) return outcome;
      current = outcome === "again" ? server.cache.get(key) : outcome.clash;
    } catch (error) {
      const final = fresh || !(error instanceof ApiError);
      if (final || !(await newer(server, key, read))) throw error;
      current = server.cache.get(key);
    }
    fresh = true;
  }
  throw optimisticLock(call);
}
