/**
 * Who manages the replicas, seen from /scale: there the field is Scale's spec.replicas, and what /scale makes of
 * its managers is carried back into those of the object.
 */
import { difference, has, isEmpty, setOf } from "#apimachinery/apply/field-set.ts";
import {
  decodeManagers,
  encodeAll,
  type Manager,
  type Managers,
} from "#apimachinery/apply/managers.ts";
import type { Versions } from "#apimachinery/apply/versions.ts";
import type { ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import { loneVersion } from "./lone-version.ts";

const apiVersion = "autoscaling/v1";
const replicas = ["f:spec", "f:replicas"] as const;

/** A Scale has one version. */
export const scaleVersions = (): Versions => loneVersion(apiVersion, "Scale");

type Entries = ManagedFieldsEntry[] | undefined;

function decoded(entries: Entries): Managers {
  try {
    return decodeManagers(entries);
  } catch {
    return new Map();
  }
}

/** The object of a Scale, as it is addressed. */
export interface Parent {
  readonly entries: Entries;
  readonly apiVersion: string;
  /** Where the replicas are in an object of a version; null: it has no scale; undefined: there is no such version. */
  pathIn(apiVersion: string): readonly string[] | null | undefined;
}

/** The managers of the replicas, as those of a Scale. */
export function scaleEntries({ entries, pathIn }: Parent): Entries {
  const managers = new Map<string, Manager>();
  for (const [id, manager] of decoded(entries)) {
    const path = pathIn(manager.apiVersion) ?? undefined;
    if (path === undefined || !has(manager.set, path)) continue;
    managers.set(id, { ...manager, apiVersion, set: setOf([...replicas]), entry: undefined });
  }
  return encodeAll(managers.values());
}

/**
 * The object's entries after /scale: whoever lost the replicas there loses them here. A manager that writes by
 * /scale stands without a time, as upstream has it.
 */
export function parentEntries(parent: Parent, entries: Entries): Entries {
  const before = decoded(parent.entries);
  const scale = new Map(decoded(entries));
  const after = new Map<string, Manager>();
  for (const [id, manager] of before) {
    const path = parent.pathIn(manager.apiVersion);
    if (path === undefined) continue;
    if (path === null || !has(manager.set, path)) after.set(id, manager);
    else if (scale.delete(id)) after.set(id, manager);
    else {
      const set = difference(manager.set, setOf(path));
      if (!isEmpty(set)) after.set(id, { ...manager, set, entry: undefined });
    }
  }
  const own = parent.pathIn(parent.apiVersion) ?? [];
  for (const [id, manager] of scale) {
    if (!has(manager.set, replicas)) continue;
    const time = before.get(id)?.time;
    const set = setOf(own);
    after.set(id, { ...manager, apiVersion: parent.apiVersion, time, set, entry: undefined });
  }
  return encodeAll(after.values());
}
