/**
 * How an object goes: preconditions, propagation finalizers, grace (upstream's rest.BeforeDelete and
 * Store.deletionFinalizersForGarbageCollection). What may go at once is deleted, the rest is marked.
 */
import { conflict } from "#apimachinery/status.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { named } from "#apiserver/endpoint.ts";
import type { DeleteOptions, KubeObject, NamedMeta } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import { failedPrecondition } from "./guaranteed-update.ts";
import { isNamespace, namespaceFinalizers } from "./namespace-finalizers.ts";

const orphan = "orphan";
const foreground = "foregroundDeletion";

/** Throws Conflict. */
export function meetDeletePreconditions(
  call: Call,
  object: KubeObject,
  preconditions: DeleteOptions["preconditions"],
): void {
  const { metadata } = object;
  const { uid, resourceVersion } = preconditions ?? {};
  const refuse = (
    what: "UID" | "ResourceVersion",
    asked: string,
    actual: string | undefined,
    happened: string,
  ) => {
    // Upstream's namespaces look before the store does.
    if (isNamespace(object))
      return conflict(named(call.endpoint, metadata.name), failedPrecondition(what, asked, actual));
    return conflict(
      // Upstream names the kind here, not the resource.
      { group: call.endpoint.ref.group, resource: call.endpoint.ref.kind, name: metadata.name },
      `the ${what} in the precondition (${asked}) does not match the ${what} in record (${actual}). The object might have been ${happened}`,
    );
  };
  if (uid !== undefined && uid !== metadata.uid) {
    throw refuse("UID", uid, metadata.uid, "deleted and then recreated");
  }
  const current = metadata.resourceVersion;
  if (resourceVersion !== undefined && resourceVersion !== current) {
    throw refuse("ResourceVersion", resourceVersion, current, "modified");
  }
}

type Propagation = "Orphan" | "Foreground" | "Background";

/** What the client asked for, else what the object's own finalizers say, else the resource's default. */
function propagationOf(
  resource: Resource,
  { finalizers = [] }: NamedMeta,
  { orphanDependents, propagationPolicy }: DeleteOptions,
): Propagation {
  if (orphanDependents !== undefined) return orphanDependents ? "Orphan" : "Background";
  if (propagationPolicy === "Orphan" || propagationPolicy === "Foreground")
    return propagationPolicy;
  if (propagationPolicy === "Background") return "Background";
  if (finalizers.includes(orphan)) return "Orphan";
  if (finalizers.includes(foreground)) return "Foreground";
  return resource.defaultPropagation ?? "Background";
}

function finalizersFor(
  resource: Resource,
  metadata: NamedMeta,
  options: DeleteOptions,
): string[] | undefined {
  const propagation = propagationOf(resource, metadata, options);
  const kept = (metadata.finalizers ?? []).filter((name) => name !== orphan && name !== foreground);
  if (propagation === "Orphan") kept.push(orphan);
  if (propagation === "Foreground") kept.push(foreground);
  // The same ones in another order are no change.
  const known = new Set(metadata.finalizers);
  if (known.size === new Set(kept).size && kept.every((name) => known.has(name)))
    return metadata.finalizers;
  return kept.length === 0 ? undefined : kept;
}

/** What goes in its own time already, and was not asked to go sooner: nothing of it changes. */
function isPending({ metadata }: KubeObject, asked: number | undefined): boolean {
  const left = metadata.deletionGracePeriodSeconds ?? 0;
  if (metadata.deletionTimestamp === undefined || left === 0) return false;
  return asked === undefined || asked >= left;
}

/** When it is already going, a delete may only shorten its grace. */
function shortened(metadata: NamedMeta, grace: number): NamedMeta {
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (grace >= before) return metadata;
  const at = parseTime(metadata.deletionTimestamp ?? "");
  if (at === undefined) return metadata;
  return {
    ...metadata,
    deletionTimestamp: formatTime(new Date(at.getTime() - (before - grace) * 1000)),
    deletionGracePeriodSeconds: grace,
  };
}

function marked(metadata: NamedMeta, grace: number, now: Date): NamedMeta {
  if (metadata.deletionTimestamp !== undefined) return shortened(metadata, grace);
  const { generation } = metadata;
  return {
    ...metadata,
    deletionTimestamp: formatTime(new Date(now.getTime() + grace * 1000)),
    deletionGracePeriodSeconds: grace,
    // A going object is a changed desire: its controllers must see it.
    generation: generation === undefined || generation === 0 ? generation : generation + 1,
  };
}

/** A namespace says in its phase that it goes; it knows no grace. */
function terminating(object: KubeObject): KubeObject {
  if (!isNamespace(object)) return object;
  const metadata = { ...object.metadata, deletionGracePeriodSeconds: undefined };
  return { ...object, metadata, ...{ status: { ...object.status, phase: "Terminating" } } };
}

/** A namespace that its controllers are emptying: another delete changes nothing of it. */
const isBeingEmptied = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && namespaceFinalizers(object).length > 0;

export interface Going {
  /** The object's next state; where it goes now, its last. */
  readonly object: KubeObject;
  readonly now: boolean;
}

/** Seconds. What is going already may be asked to go sooner, and what has no time left gets none. */
function graceOf(resource: Resource, object: KubeObject, asked: number | undefined): number {
  if (resource.gracePeriodSeconds === undefined) return 0;
  const { deletionTimestamp, deletionGracePeriodSeconds: left = 0 } = object.metadata;
  if (deletionTimestamp !== undefined) return left === 0 ? 0 : (asked ?? 0);
  return resource.gracePeriodSeconds(object, asked) ?? 0;
}

/** What a delete makes of an object. `object` is stored and stays as it is. */
export function deletionOf(
  server: ServerContext,
  call: Call,
  object: KubeObject,
  options: DeleteOptions,
): Going {
  const { resource } = call.endpoint;
  const asked = options.gracePeriodSeconds;
  const positive = asked !== undefined && asked < 0 ? 1 : asked;
  if (isPending(object, positive) || isBeingEmptied(object)) return { object, now: false };
  const grace = graceOf(resource, object, positive);
  const finalizers = finalizersFor(resource, object.metadata, options);
  const now = server.clock();
  const first = object.metadata.deletionTimestamp === undefined;
  if (first && resource.endOf !== undefined) {
    const metadata = { ...object.metadata, finalizers, deletionTimestamp: formatTime(now) };
    return { object: resource.endOf({ ...object, metadata }, { now }), now: false };
  }
  const waits = namespaceFinalizers(object).length > 0 || (first && isNamespace(object));
  const holds = waits || (finalizers?.length ?? 0) > 0;
  if (grace === 0 && !holds) {
    // What could have had time shows in its last state that it had none.
    const graceful = resource.gracePeriodSeconds !== undefined;
    const metadata = graceful ? marked(object.metadata, 0, now) : object.metadata;
    if (metadata === object.metadata) return { object, now: true };
    return { object: { ...object, metadata: { ...metadata, finalizers } }, now: true };
  }
  const metadata = marked({ ...object.metadata, finalizers }, grace, now);
  const next = { ...object, metadata };
  return { object: first ? terminating(next) : next, now: false };
}
