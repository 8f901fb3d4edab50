/** metadata.managedFields of everything that is written without apply: the writer manages what it set. */
import { createdSet, type Omitted } from "#apimachinery/apply/created-set.ts";
import { type FieldSet, isEmpty } from "#apimachinery/apply/field-set.ts";
import {
  decodeManagers,
  encodeManagers,
  firstEntries,
  type Managers,
} from "#apimachinery/apply/managers.ts";
import { unmanagedMetadata, updatedManagers, type Writer } from "#apimachinery/apply/update.ts";
import type { Fields } from "#apimachinery/apply/values.ts";
import type { Version, Versions } from "#apimachinery/apply/versions.ts";
import { assert } from "#apimachinery/assert.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { inVersion } from "#apiserver/encoding/object-encoding.ts";
import type { KubeObject, ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import { loneVersion } from "./lone-version.ts";
import { scaleVersions } from "./scale-managers.ts";
import { asFields, fit, versionsOf } from "./versions-of.ts";
import { writerOf } from "./writer.ts";

type Entries = readonly ManagedFieldsEntry[] | undefined;

const nobody: Managers = new Map();
/** Upstream's server writes by way of its own API, under this name. */
const ownName = "kube-apiserver";

/** `[]` and `[{}]` ask that the tracking starts anew. */
function asksForReset(entries: Entries): boolean {
  const [first, second] = entries ?? [];
  if (entries === undefined || second !== undefined) return false;
  return first === undefined || Object.keys(first).length === 0;
}

/** Who manages what, as far as it can be read. */
function managersIn(entries: Entries): Managers {
  if (entries === undefined) return nobody;
  try {
    return decodeManagers(entries);
  } catch {
    return nobody;
  }
}

/** What the client sent counts where it can be read; a client that knows nothing of it takes nothing away. */
function managersOf(sent: Entries, live: Entries): Managers {
  if (asksForReset(sent)) return nobody;
  if (sent === undefined || deepEqual(sent, live)) return managersIn(live);
  const managers = managersIn(sent);
  return managers.size === 0 ? managersIn(live) : managers;
}

/** One of them wrote in what is no version: `a/b/c`. */
const areAstray = (managers: Managers): boolean =>
  managers.values().some(({ apiVersion }) => apiVersion.split("/").length > 2);

const withouts = new WeakMap<Version, Omitted>();

/** Top-level fields that a create cannot set, and those that nobody manages. */
function withoutOf(version: Version): Omitted {
  const hit = withouts.get(version);
  if (hit !== undefined) return hit;
  const reset = Object.keys(version.reset).map((element) => element.slice(2));
  const without: Omitted = {
    apiVersion: true,
    kind: true,
    metadata: Object.fromEntries(unmanagedMetadata.map((name) => [name, true as const])),
    ...Object.fromEntries(reset.map((name) => [name, true as const])),
  };
  withouts.set(version, without);
  return without;
}

function entriesOf({ apiVersion }: Version, writer: Writer, set: FieldSet): ManagedFieldsEntry[] {
  const manager = writer.manager === "" ? "unknown" : writer.manager;
  const time = writer.now;
  return firstEntries({ manager, operation: "Update", apiVersion, subresource: "", time, set });
}

/** The object in the addressed version, without who manages what. */
function bare(call: Call, object: KubeObject): KubeObject {
  const metadata = { ...object.metadata, managedFields: undefined };
  return inVersion(call.endpoint, { ...object, metadata });
}

/** An object that does not have the shape of a manager's type is written all the same: the managers stay who they were. */
function orAsBefore(draft: KubeObject, live: KubeObject | undefined, track: () => void): void {
  try {
    track();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    draft.metadata.managedFields = live?.metadata.managedFields;
  }
}

/** A draft about to be created, defaulted and not yet admitted. */
export function trackCreate(server: ServerContext, call: Call, draft: KubeObject): void {
  orAsBefore(draft, undefined, () => trackCreated(server, call, draft));
}

function trackCreated(server: ServerContext, call: Call, draft: KubeObject): void {
  const versions = versionsOf(server, call);
  const { own } = versions;
  const writer = writerOf(server, call);
  const managers = managersOf(draft.metadata.managedFields, undefined);
  draft.metadata.managedFields = undefined;
  // Nothing can be told of fields in a version that is none.
  if (areAstray(managers)) return;
  if (managers.size > 0 || own.type.kind !== "map") {
    const objects = { before: own.zero, after: asFields(inVersion(call.endpoint, draft)) };
    const after = updatedManagers(versions, objects, managers, writer);
    draft.metadata.managedFields = encodeManagers(after);
    return;
  }
  const { type, zero } = own;
  const object = asFields(inVersion(call.endpoint, draft));
  const set = createdSet({ type, zero, without: withoutOf(own) }, object);
  draft.metadata.managedFields = isEmpty(set) ? undefined : entriesOf(own, writer, set);
}

/** Entries that are what they were stay the very same, so that nothing compares or reads them again. */
function keptIdentical(
  entries: ManagedFieldsEntry[] | undefined,
  live: ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] | undefined {
  if (entries === undefined || live === undefined || entries.length !== live.length) return entries;
  return entries.every((entry, index) => entry === live[index]) ? live : entries;
}

/** A draft about to take the place of `old`, not yet admitted. */
export function trackUpdate(
  server: ServerContext,
  call: Call,
  old: KubeObject,
  draft: KubeObject,
): void {
  orAsBefore(draft, old, () => trackUpdated(server, call, old, draft));
}

function trackUpdated(server: ServerContext, call: Call, old: KubeObject, draft: KubeObject): void {
  const live = old.metadata.managedFields;
  const sent = call.info.subresource === "" ? draft.metadata.managedFields : undefined;
  const managers = managersOf(sent, live);
  draft.metadata.managedFields = undefined;
  // What was not tracked from its creation is not tracked before its first apply.
  if (managers.size === 0) return;
  if (areAstray(managers)) {
    draft.metadata.managedFields = live;
    return;
  }
  const before = asFields(bare(call, old));
  const after = asFields(inVersion(call.endpoint, draft));
  const versions = versionsOf(server, call);
  if (call.endpoint.custom === true) for (const one of [after, before]) fit(versions.own, one);
  const now = updatedManagers(versions, { before, after }, managers, writerOf(server, call));
  const unchanged = now === managers && managers === managersIn(live);
  draft.metadata.managedFields = unchanged ? live : keptIdentical(encodeManagers(now), live);
}

/** The entries of a Scale whose replicas are written, without apply. */
export function trackScale(
  server: ServerContext,
  call: Call,
  {
    before,
    after,
    live,
  }: { readonly before: Fields; readonly after: Fields; readonly live: Entries },
): ManagedFieldsEntry[] | undefined {
  const managers = managersIn(live);
  if (managers.size === 0) return undefined;
  const writer = writerOf(server, call);
  return encodeManagers(updatedManagers(scaleVersions(), { before, after }, managers, writer));
}

/** What is asked of a subresource by creating an object of a kind of its own. */
export function trackAsked(
  server: ServerContext,
  call: Call,
  { versions, draft }: { readonly versions: Versions; readonly draft: KubeObject },
): void {
  const { own } = versions;
  draft.metadata.managedFields = undefined;
  const objects = { before: own.zero, after: asFields(draft) };
  const managers = updatedManagers(versions, objects, nobody, writerOf(server, call));
  draft.metadata.managedFields = encodeManagers(managers);
}

/** Of an object that the server itself creates, with its apiVersion and kind. `now`: RFC 3339. */
export function ownEntries(object: KubeObject, now: string): ManagedFieldsEntry[] | undefined {
  const { own } = loneVersion(object.apiVersion ?? "", object.kind ?? "");
  const { type, zero } = own;
  assert(type.kind === "map", "objects are maps");
  const set = createdSet({ type, zero, without: withoutOf(own) }, asFields(object));
  const writer = { manager: ownName, subresource: "", now };
  return isEmpty(set) ? undefined : entriesOf(own, writer, set);
}

/** What the server itself writes of an object's status, as upstream's does by way of its own API. */
export function trackOwn(
  versions: Versions,
  { old, draft, now }: { readonly old: KubeObject; readonly draft: KubeObject; readonly now: Date },
): ManagedFieldsEntry[] | undefined {
  const live = old.metadata.managedFields;
  const managers = managersIn(live);
  if (managers.size === 0) return live;
  const fields = (object: KubeObject): Fields =>
    asFields({ ...object, metadata: { ...object.metadata, managedFields: undefined } });
  const writer = { manager: ownName, subresource: "status", now: formatTime(now) };
  const objects = { before: fields(old), after: fields(draft) };
  return encodeManagers(updatedManagers(versions, objects, managers, writer));
}
