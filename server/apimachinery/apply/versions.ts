/** One kind of object in all versions that managers may have written it in. */
import { type Comparison, compare } from "./compare.ts";
import { type FieldSet, hasChildren, leaf, recursiveDifference } from "./field-set.ts";
import type { MapMerge, MergeType } from "./merge-type.ts";
import { type Fields, typeUnder } from "./values.ts";

export interface Version {
  readonly apiVersion: string;
  readonly type: MapMerge | Extract<MergeType, { kind: "any" }>;
  /** A new object of the kind, before anything is set. */
  readonly zero: Fields;
  /** What a write here cannot change, with what lies below it: status on the main resource, spec on /status. */
  readonly reset: FieldSet;
}

export interface Versions {
  /** That of the request. */
  readonly own: Version;
  /** undefined: no longer served. */
  version(apiVersion: string): Version | undefined;
  /** An object of the request's version in another. */
  convert(object: Fields, apiVersion: string): Fields;
  /** An object of another version in the request's. */
  convertBack(object: Fields, apiVersion: string): Fields;
}

/** What differs between two objects of the request's version, in each version, found once a version. */
export class Comparisons {
  readonly #versions: Versions;
  readonly #before: Fields;
  readonly #after: Fields;
  readonly #known = new Map<string, Comparison | undefined>();

  constructor(versions: Versions, before: Fields, after: Fields) {
    this.#versions = versions;
    this.#before = before;
    this.#after = after;
  }

  /** undefined: the version is no longer served. */
  in(apiVersion: string): Comparison | undefined {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion);
    const found = this.#find(apiVersion);
    this.#known.set(apiVersion, found);
    return found;
  }

  #find(apiVersion: string): Comparison | undefined {
    const versions = this.#versions;
    const version = versions.version(apiVersion);
    if (version === undefined) return undefined;
    const same = apiVersion === versions.own.apiVersion;
    const before = same ? this.#before : versions.convert(this.#before, apiVersion);
    const after = same ? this.#after : versions.convert(this.#after, apiVersion);
    const { added, modified, removed } = compare(version.type, before, after);
    const { reset } = version;
    return {
      added: recursiveDifference(added, reset),
      modified: recursiveDifference(modified, reset),
      removed: recursiveDifference(removed, reset),
    };
  }
}

/**
 * The set after its type changed: where something became one value, whoever held a part of it holds it whole.
 * The set itself where nothing did.
 */
export function reconciled(type: MergeType | undefined, set: FieldSet): FieldSet {
  if (type === undefined || type.kind === "scalar") return set;
  let out: Record<string, FieldSet> | undefined;
  for (const element in set) {
    const node = set[element] ?? leaf;
    if (element === "." || !hasChildren(node)) continue;
    const held = typeBelow(type, element);
    const whole = held !== undefined && held.kind !== "scalar" && held.atomic;
    const now = whole ? leaf : reconciled(held, node);
    if (now === node) continue;
    out ??= { ...set };
    out[element] = now;
  }
  return out ?? set;
}

function typeBelow(type: MergeType, element: string): MergeType | undefined {
  if (type.kind === "list") return type.item;
  if (type.kind !== "map") return undefined;
  return element.startsWith("f:") ? typeUnder(type, element.slice(2)) : type.rest;
}
