/** Who manages what after a write that is no apply: the writer has what it changed, the others have the rest. */
import type { Comparison } from "./compare.ts";
import {
  difference,
  type FieldSet,
  intersection,
  isEmpty,
  isLeaf,
  setOf,
  union,
} from "./field-set.ts";
import { type Manager, type Managers, managerId, withoutEmpty, withSet } from "./managers.ts";
import type { Fields } from "./values.ts";
import { Comparisons, reconciled, type Versions } from "./versions.ts";

/** Fields that nobody manages: identity and what the server owns. */
export const unmanagedMetadata = [
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
] as const;

const unmanaged = setOf(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...unmanagedMetadata.map((name) => ["f:metadata", `f:${name}`]),
);

export function managedOnly(set: FieldSet): FieldSet {
  return difference(set, unmanaged);
}

/** Upstream's cap: with more, the oldest Update entries of a version become one. */
const updateManagersMax = 10;
const ancient = "ancient-changes";

export interface Writer {
  readonly manager: string;
  readonly subresource: string;
  /** RFC 3339, seconds. */
  readonly now: string;
}

/** Managers that fit the types of a request, which are nearly all: looked at once. */
const fitting = new WeakMap<Managers, Versions>();

/** Sets as the current types have them; managers of versions that are gone go with them. */
export function reconciledManagers(versions: Versions, managers: Managers): Managers {
  if (fitting.get(managers) === versions) return managers;
  const out = new Map<string, Manager>();
  let same = true;
  for (const [id, manager] of managers) {
    const version = versions.version(manager.apiVersion);
    const kept = version && withSet(manager, reconciled(version.type, manager.set));
    if (kept !== undefined) out.set(id, kept);
    if (kept !== manager) same = false;
  }
  if (!same) return out;
  fitting.set(managers, versions);
  return managers;
}

/** What the others keep of theirs; `except` keeps everything. */
export function withoutChanged(
  managers: Managers,
  comparisons: Comparisons,
  except: string | undefined,
): Map<string, Manager> {
  const out = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    const found = id === except ? nothing : comparisons.in(manager.apiVersion);
    if (found === undefined) continue;
    const set = difference(difference(manager.set, changedOf(manager, found)), found.removed);
    out.set(id, withSet(manager, set));
  }
  for (const [id, { set }] of out) if (isEmpty(set)) out.delete(id);
  return out;
}

const nothing: Comparison = { added: {}, modified: {}, removed: {} };

function changedOf({ set }: Manager, { added, modified }: Comparison): FieldSet {
  return intersection(set, union(modified, added));
}

/** Gives the writer what it set, beside what it had. */
export function gained(
  managers: Map<string, Manager>,
  { own }: Versions,
  writer: Writer,
  fields: FieldSet,
): void {
  const set = managedOnly(fields);
  if (isEmpty(set)) return;
  const manager: Manager = {
    manager: writer.manager === "" ? "unknown" : writer.manager,
    operation: "Update",
    apiVersion: own.apiVersion,
    subresource: writer.subresource,
    time: writer.now,
    set,
  };
  const id = managerId(manager);
  const before = managers.get(id);
  managers.set(id, before === undefined ? manager : { ...manager, set: union(set, before.set) });
  capUpdateManagers(managers);
}

function oldestFirst([a, left]: [string, Manager], [b, right]: [string, Manager]): number {
  const [first = "", second = ""] = [left.time, right.time];
  if (first !== second) return first < second ? -1 : 1;
  return a < b ? -1 : 1;
}

function capUpdateManagers(managers: Map<string, Manager>): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  let count = updaters.length;
  if (count <= updateManagersMax) return;
  const firsts = new Map<string, string>();
  for (const [id, manager] of updaters.sort(oldestFirst)) {
    if (count <= updateManagersMax) return;
    const { apiVersion, time } = manager;
    const first = firsts.get(apiVersion);
    firsts.set(apiVersion, first ?? id);
    if (first === undefined) continue;
    const bucket = { ...manager, manager: ancient, subresource: "", entry: undefined };
    const bucketId = managerId(bucket);
    const gathered = managers.get(bucketId) ?? managers.get(first);
    if (!managers.has(bucketId)) managers.delete(first);
    managers.delete(id);
    const set = gathered === undefined ? manager.set : union(manager.set, gathered.set);
    managers.set(bucketId, { ...bucket, time, set });
    count -= 1;
  }
}

/** The managers after `writer` made `after` of `before`, both of the request's version. */
export function updatedManagers(
  versions: Versions,
  { before, after }: { readonly before: Fields; readonly after: Fields },
  managers: Managers,
  writer: Writer,
): Managers {
  const comparisons = new Comparisons(versions, before, after);
  const found = comparisons.in(versions.own.apiVersion) ?? nothing;
  const changes = !isLeaf(found.added) || !isLeaf(found.modified) || !isLeaf(found.removed);
  const reconciledBefore = reconciledManagers(versions, managers);
  const others = [...managers.values()].some((m) => m.apiVersion !== versions.own.apiVersion);
  if (!changes && !others) return withoutEmpty(reconciledBefore);
  const left = withoutChanged(reconciledBefore, comparisons, undefined);
  gained(left, versions, writer, union(found.modified, found.added));
  return left;
}
