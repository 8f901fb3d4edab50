/** Puts the start objects into the store: idempotent, concurrent, safe with several servers at once. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { ownEntries } from "#apiserver/field-management/track.ts";
import type { ConfigMap, Service } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Key, WriteResult } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { isBinding, isRole, reconciledBinding, reconciledRole } from "./reconcile-roles.ts";
import type { StartObject } from "./start-objects.ts";

/** Another server reconciles the same object at most once a start. */
const attemptsMax = 8;

type Target = Pick<WatchCache, "get" | "write">;

/** Who writes: the clock as RFC 3339, and new uids. */
export interface Stamp {
  readonly now: string;
  readonly newUid: () => string;
}

/** Of those that a server starts with: kinds whose generation counts up. */
const counted: ReadonlySet<string> = new Set([
  "FlowSchema",
  "PriorityClass",
  "PriorityLevelConfiguration",
]);

function stamped(object: KubeObject, { now, newUid }: Stamp): KubeObject {
  const own = structuredClone(object);
  const managedFields = ownEntries(own, now);
  const generation = counted.has(own.kind ?? "") ? 1 : undefined;
  const given = { uid: newUid(), creationTimestamp: now, managedFields, generation };
  return { ...own, metadata: { ...own.metadata, ...given } };
}

function isService(object: KubeObject): object is Service {
  return object.kind === "Service";
}

function isConfigMap(object: KubeObject): object is ConfigMap {
  return object.kind === "ConfigMap";
}

/** Another client authority: the cluster was restored under new keys. A day of the first start stays. */
function reconciledConfig(present: ConfigMap, { data = {} }: ConfigMap): ConfigMap | undefined {
  return "since" in data || deepEqual(present.data, data) ? undefined : { ...present, data };
}

/** The door may have moved to another port since the last start. */
function reconciledService(present: Service, wanted: Service): Service | undefined {
  const { ports } = wanted.spec;
  return deepEqual(present.spec.ports, ports)
    ? undefined
    : { ...present, spec: { ...present.spec, ports } };
}

function reconciled(present: KubeObject, wanted: KubeObject): KubeObject | undefined {
  if (isRole(present) && isRole(wanted)) return reconciledRole(present, wanted);
  if (isBinding(present) && isBinding(wanted)) return reconciledBinding(present, wanted);
  if (isService(present) && isService(wanted)) return reconciledService(present, wanted);
  if (isConfigMap(present) && isConfigMap(wanted)) {
    return reconciledConfig(present, wanted);
  }
  return undefined;
}

function keyOf({ group, resource, object }: StartObject): Key {
  const { namespace = "", name } = object.metadata;
  return { group, resource, namespace, name };
}

/** Creates the object, or adds what is missing from the present one. True when something was written. */
async function ensure(target: Target, wanted: StartObject, stamp: Stamp): Promise<boolean> {
  const key = keyOf(wanted);
  let present: { readonly object: KubeObject; readonly revision: number } | undefined =
    target.get(key);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    let result: WriteResult;
    if (present === undefined) {
      result = await target.write({ op: "create", key, object: stamped(wanted.object, stamp) });
    } else {
      const object = reconciled(present.object, wanted.object);
      if (object === undefined) return false;
      result = await target.write({
        op: "update",
        key,
        expected: present.revision,
        object: structuredClone(object),
      });
    }
    if (result.outcome === "written") return true;
    present = result.current;
  }
  throw new Error(`${key.resource} ${key.name} changes faster than it can be reconciled`);
}

/** How many objects were created or mended. All writes are in flight together, for the group commit. */
export async function writeStartObjects(
  target: Target,
  objects: readonly StartObject[],
  stamp: Stamp,
): Promise<number> {
  const written = await Promise.all(objects.map((wanted) => ensure(target, wanted, stamp)));
  return written.filter(Boolean).length;
}
