/**
 * Who set which fields: metadata.managedFields read into managers and back. A manager is told from another by
 * its name, operation, subresource and, unless it applies, by the version it wrote in.
 */
import type { ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import { type FieldSet, isEmpty, leaf, sorted } from "./field-set.ts";
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

/** Sets that are known to be in this module's form: those it made, and those it has looked at. */
const canonical = new WeakSet<FieldSet>();

function canonicalNode(fields: unknown): FieldSet {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new SyntaxError("fields are objects of objects");
  }
  const out: Record<string, FieldSet> = {};
  for (const [text, below] of Object.entries(fields)) {
    const element = text === "." ? text : canonicalElement(text);
    if (element !== undefined) out[element] = text === "." ? leaf : canonicalNode(below);
  }
  return out;
}

/** Throws SyntaxError. */
function decodeSet(fields: Readonly<Record<string, unknown>> | undefined): FieldSet {
  if (fields === undefined) return leaf;
  // Only sets of this module are in it.
  if (canonical.has(fields as FieldSet)) return fields as FieldSet;
  const { ".": _, ...set } = canonicalNode(fields);
  canonical.add(set);
  return set;
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

/** Entries as they stand in the store: read once, and kept with what they were read into. */
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

function encodeManager(manager: Manager): ManagedFieldsEntry {
  if (manager.entry !== undefined) return manager.entry;
  const fieldsV1 = sorted(manager.set);
  canonical.add(fieldsV1);
  const { subresource, time } = manager;
  return {
    manager: manager.manager,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource === "" ? {} : { subresource }),
  };
}

/** undefined: nobody manages anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].map(encodeManager).sort(inOrder);
}

/** The manager with another set; its entry is no longer true. */
export function withSet(manager: Manager, set: FieldSet): Manager {
  return set === manager.set ? manager : { ...manager, set, entry: undefined };
}

export function withoutEmpty(managers: Managers): Map<string, Manager> {
  return new Map([...managers].filter(([, { set }]) => !isEmpty(set)));
}
