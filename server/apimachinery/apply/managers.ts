/**
 * Who set which fields: metadata.managedFields read into managers and back. A manager is told from another by
 * its name, operation, subresource and, unless it applies, by the version it wrote in.
 */
import type { ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import { childrenOf, type FieldSet, isEmpty, leaf, sorted } from "./field-set.ts";
import { canonicalElement } from "./path-element.ts";

export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, seconds. */
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** The entry it was read from, while nothing changed: kept, so that what is equal stays identical. */
  readonly entry?: ManagedFieldsEntry | undefined;
}

/** By `managerId`. */
export type Managers = ReadonlyMap<string, Manager>;

export function managerId({
  manager,
  operation,
  apiVersion,
  subresource,
}: Omit<Manager, "time" | "set" | "entry">): string {
  return JSON.stringify({
    ...(manager === "" ? {} : { manager }),
    operation,
    ...(operation === "Apply" ? {} : { apiVersion }),
    ...(subresource === "" ? {} : { subresource }),
  });
}

/** The node itself where every element already has its one form: what was written by this module, read back. */
function canonicalNode(fields: unknown): FieldSet {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new SyntaxError("fields are objects of objects");
  }
  const given = fields as FieldSet;
  let out: Record<string, FieldSet> | undefined;
  for (const text in given) {
    if (text === ".") continue;
    const below = given[text];
    const element = canonicalElement(text);
    const node = canonicalNode(below);
    if (element === text && node === below) continue;
    out ??= { ...given };
    delete out[text];
    if (element !== undefined) out[element] = node;
  }
  return out ?? given;
}

/** Throws SyntaxError. */
function decodeSet(fields: Readonly<Record<string, unknown>> | undefined): FieldSet {
  return fields === undefined ? leaf : childrenOf(canonicalNode(fields));
}

function decodeEntry(entry: ManagedFieldsEntry, index: number): Manager {
  const { manager = "", operation, apiVersion = "", subresource = "", fieldsType = "" } = entry;
  if (operation !== "Apply" && operation !== "Update") {
    throw new SyntaxError("operation must be `Apply` or `Update`");
  }
  if (apiVersion === "") throw new SyntaxError("apiVersion must not be empty");
  if (fieldsType === "") {
    throw new SyntaxError(`missing fieldsType in managed fields entry ${index}`);
  }
  if (fieldsType !== "FieldsV1") {
    const type = JSON.stringify(fieldsType);
    throw new SyntaxError(`invalid fieldsType ${type} in managed fields entry ${index}`);
  }
  const { time, fieldsV1 } = entry;
  const set = decodeSet(fieldsV1);
  // An entry whose set had to be rewritten is written anew.
  const kept = set === fieldsV1 ? { entry } : {};
  return { manager, operation, apiVersion, subresource, time, set, ...kept };
}

/** Entries as they stand in the store, with what they were read into or made from: read once at most. */
const decoded = new WeakMap<readonly ManagedFieldsEntry[], Managers>();

/** Throws SyntaxError. The list must not change afterwards. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] = []): Managers {
  const hit = decoded.get(entries);
  if (hit !== undefined) return hit;
  const managers = new Map<string, Manager>();
  for (const [index, entry] of entries.entries()) {
    const manager = decodeEntry(entry, index);
    managers.set(managerId(manager), manager);
  }
  decoded.set(entries, managers);
  return managers;
}

function compareText(a = "", b = ""): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function inOrder(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time, b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function encodeManager({ set, ...manager }: Manager): ManagedFieldsEntry {
  const { operation, apiVersion, subresource, time } = manager;
  return {
    manager: manager.manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: set,
    ...(subresource === "" ? {} : { subresource }),
  };
}

function withEntry(manager: Manager): Manager & { readonly entry: ManagedFieldsEntry } {
  const { entry } = manager;
  if (entry !== undefined) return { ...manager, entry };
  const ordered = { ...manager, set: sorted(manager.set) };
  return { ...ordered, entry: encodeManager(ordered) };
}

/** Managers that may share an id: where they do, whoever reads the entries sees the last of them. */
export function encodeAll(managers: Iterable<Manager>): ManagedFieldsEntry[] | undefined {
  const entries = Array.from(managers, (manager) => withEntry(manager).entry).sort(inOrder);
  return entries.length === 0 ? undefined : entries;
}

/** undefined: nobody manages anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  const written = Array.from(managers, ([id, manager]) => [id, withEntry(manager)] as const);
  const entries = written.map(([, { entry }]) => entry).sort(inOrder);
  decoded.set(entries, new Map(written));
  return entries;
}

/** The entries of an object that one manager made, whose set is already in order. */
export function firstEntries(manager: Manager): ManagedFieldsEntry[] {
  const entry = encodeManager(manager);
  const entries = [entry];
  decoded.set(entries, new Map([[managerId(manager), { ...manager, entry }]]));
  return entries;
}

/** The manager with another set; its entry is no longer true. */
export function withSet(manager: Manager, set: FieldSet): Manager {
  return set === manager.set ? manager : { ...manager, set, entry: undefined };
}

/** The managers themselves where each manages something. */
export function withoutEmpty(managers: Managers): Managers {
  for (const { set } of managers.values()) {
    if (isEmpty(set)) return new Map([...managers].filter(([, each]) => !isEmpty(each.set)));
  }
  return managers;
}
