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

/** `path`: of the replicas in the object; `parent`: its apiVersion. */
export interface Parent {
  readonly entries: Entries;
  readonly apiVersion: string;
  readonly path: readonly string[];
}

/** The managers of the replicas, as those of a Scale. */
export function scaleEntries({ entries, apiVersion: own, path }: Parent): Entries {
  const managers = new Map<string, Manager>();
  for (const [id, manager] of decoded(entries)) {
    if (manager.apiVersion !== own || !has(manager.set, path)) continue;
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
    if (manager.apiVersion !== parent.apiVersion) continue;
    if (!has(manager.set, parent.path)) after.set(id, manager);
    else if (scale.delete(id)) after.set(id, manager);
    else {
      const set = difference(manager.set, setOf(parent.path));
      if (!isEmpty(set)) after.set(id, { ...manager, set, entry: undefined });
    }
  }
  for (const [id, manager] of scale) {
    if (!has(manager.set, replicas)) continue;
    const time = before.get(id)?.time;
    const set = setOf(parent.path);
    after.set(id, { ...manager, apiVersion: parent.apiVersion, time, set, entry: undefined });
  }
  return encodeAll(after.values());
}
