/**
 * Server-side apply: a manager says all that it wants of an object. What it says is laid over the object, what
 * it said before and says no more goes unless others hold it, and what others hold otherwise is a conflict.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { badRequest } from "#apimachinery/status.ts";
import { parseTime } from "#apimachinery/time.ts";
import { type Conflicts, conflictError, conflictingFields, conflictsBeyond } from "./conflicts.ts";
import {
  difference,
  type FieldSet,
  intersection,
  isEmpty,
  leaf,
  recursiveDifference,
  union,
} from "./field-set.ts";
import { type Manager, type Managers, managerId } from "./managers.ts";
import { merge } from "./merge.ts";
import { withNamedFields } from "./named-fields.ts";
import { removeItems } from "./remove-items.ts";
import { toFieldSet } from "./to-field-set.ts";
import { typedError } from "./typed-errors.ts";
import { gained, managedOnly, reconciledManagers, type Writer, withoutChanged } from "./update.ts";
import { type Fields, isFields } from "./values.ts";
import { Comparisons, type Version, type Versions } from "./versions.ts";

export interface Apply extends Writer {
  /** In the request's version, without managedFields. */
  readonly live: Fields;
  readonly config: Fields;
  readonly managers: Managers;
  /** Takes fields from others. */
  readonly force: boolean;
  /** Fields that may be taken all the same: what client-side apply left to its own successor. */
  allowedConflicts?(): FieldSet;
}

export interface Applied {
  /** Not yet defaulted; undefined: the object stays as it is. */
  readonly object: Fields | undefined;
  readonly managers: Managers;
}

function asFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** Before the first apply of an object that nobody manages, all of it gets a manager. */
function withFirstManager(versions: Versions, { live, managers, ...writer }: Apply): Managers {
  if (managers.size > 0) return managers;
  const { own } = versions;
  const first = new Map<string, Manager>();
  const found = new Comparisons(versions, own.zero, live).in(own.apiVersion);
  if (found === undefined) return first;
  const who = { ...writer, manager: "before-first-apply" };
  gained(first, versions, who, union(found.modified, found.added));
  return first;
}

/** Takes away what the applier said before and says no more, as far as nobody else holds it. */
class Pruning {
  readonly #versions: Versions;
  readonly #managers: Managers;
  readonly #last: Manager;

  constructor(versions: Versions, managers: Managers, last: Manager) {
    this.#versions = versions;
    this.#managers = managers;
    this.#last = last;
  }

  pruned(merged: Fields): Fields {
    const version = this.#versions.version(this.#last.apiVersion);
    if (version === undefined || isEmpty(this.#last.set)) return merged;
    const all = this.#in(merged, version.apiVersion);
    const without = removeItems(version.type, all, withNamedFields(version.type, this.#last.set));
    const owned = this.#withOwned(all, asFields(without), version);
    const dangling = this.#withUnowned(all, owned, version);
    const { own } = this.#versions;
    return own.apiVersion === version.apiVersion
      ? dangling
      : this.#versions.convertBack(dangling, version.apiVersion);
  }

  #in(object: Fields, apiVersion: string): Fields {
    const { own } = this.#versions;
    return own.apiVersion === apiVersion ? object : this.#versions.convert(object, apiVersion);
  }

  /** What others, or the applier now, hold in any version comes back. */
  #withOwned(all: Fields, pruned: Fields, version: Version): Fields {
    const { type } = version;
    const held = [...this.#managers.values()]
      .filter(({ apiVersion }) => apiVersion === version.apiVersion)
      .reduce<FieldSet>((sets, { set }) => union(sets, set), leaf);
    const whole = withNamedFields(type, toFieldSet(type, all));
    const kept = union(
      withNamedFields(type, toFieldSet(type, pruned)),
      withNamedFields(type, held),
    );
    const own = asFields(removeItems(type, all, difference(whole, kept)));
    return this.#withOwnedElsewhere(all, own, version);
  }

  #withOwnedElsewhere(all: Fields, pruned: Fields, version: Version): Fields {
    const elsewhere = new Map<string, FieldSet>();
    for (const { apiVersion, set } of this.#managers.values()) {
      if (apiVersion === version.apiVersion) continue;
      elsewhere.set(apiVersion, union(elsewhere.get(apiVersion) ?? leaf, set));
    }
    let result = pruned;
    for (const [apiVersion, held] of elsewhere) {
      const other = this.#versions.version(apiVersion);
      if (other === undefined) continue;
      const { type } = other;
      const [wholeThere, prunedThere] = [all, result].map((object) =>
        this.#between(object, version.apiVersion, apiVersion),
      );
      const whole = withNamedFields(type, toFieldSet(type, wholeThere));
      const kept = union(
        withNamedFields(type, toFieldSet(type, prunedThere)),
        withNamedFields(type, held),
      );
      const there = asFields(removeItems(type, wholeThere, difference(whole, kept)));
      result = this.#between(there, apiVersion, version.apiVersion);
    }
    return result;
  }

  #between(object: Fields, from: string, to: string): Fields {
    const own = this.#versions.own.apiVersion;
    const hub = from === own ? object : this.#versions.convertBack(object, from);
    return to === own ? hub : this.#versions.convert(hub, to);
  }

  /** Only what the applier held goes: what nobody holds, or updaters do, stays. */
  #withUnowned(all: Fields, pruned: Fields, { type }: Version): Fields {
    const whole = withNamedFields(type, toFieldSet(type, all));
    const left = withNamedFields(type, toFieldSet(type, pruned));
    const last = withNamedFields(type, this.#last.set);
    return asFields(removeItems(type, all, intersection(difference(whole, left), last)));
  }
}

function conflictsOf(managers: Managers, comparisons: Comparisons, applier: string): Conflicts {
  const conflicts = new Map<string, { manager: Manager; set: FieldSet }>();
  for (const [id, manager] of managers) {
    const found = id === applier ? undefined : comparisons.in(manager.apiVersion);
    if (found === undefined) continue;
    const set = intersection(manager.set, union(found.modified, found.added));
    if (!isEmpty(set)) conflicts.set(id, { manager, set });
  }
  return conflicts;
}

function refuseConflicts(apply: Apply, conflicts: Conflicts): void {
  if (apply.force || conflicts.size === 0) return;
  if (apply.allowedConflicts === undefined) throw conflictError(conflicts);
  const allowed = apply.allowedConflicts();
  if (isEmpty(allowed)) throw conflictError(conflicts);
  const beyond = difference(conflictingFields(conflicts), allowed);
  if (!isEmpty(beyond)) throw conflictError(conflictsBeyond(conflicts, allowed));
}

/** Throws BadRequest for a configuration of another shape, Conflict. */
export function applyConfiguration(versions: Versions, apply: Apply): Applied {
  const { own } = versions;
  const { live, config } = apply;
  const managers = new Map(reconciledManagers(versions, withFirstManager(versions, apply)));
  const applier: Omit<Manager, "set" | "time"> = {
    manager: apply.manager,
    operation: "Apply",
    apiVersion: own.apiVersion,
    subresource: apply.subresource,
  };
  const id = managerId(applier);
  const last = managers.get(id);
  const set = recursiveDifference(toFieldSet(own.type, config), own.reset);
  managers.set(id, { ...applier, time: last?.time, set });
  const merged = asFields(merge(own.type, live, config));
  const object = last === undefined ? merged : new Pruning(versions, managers, last).pruned(merged);
  const comparisons = new Comparisons(versions, live, object);
  refuseConflicts(apply, conflictsOf(managers, comparisons, id));
  const left = withoutChanged(managers, comparisons, id);
  const same = deepEqual(live, object);
  settle(left, id, { last, time: same ? last?.time : apply.now });
  return { object: same ? undefined : object, managers: left };
}

/** Takes out of the applier's set what nobody manages; an entry that says what it said before stays itself. */
function settle(
  managers: Map<string, Manager>,
  id: string,
  { last, time }: { readonly last: Manager | undefined; readonly time: string | undefined },
): void {
  const applier = managers.get(id);
  if (applier === undefined) return;
  const set = managedOnly(applier.set);
  if (isEmpty(set)) managers.delete(id);
  else if (
    last?.time === time &&
    deepEqual(last?.set, set) &&
    last?.apiVersion === applier.apiVersion
  )
    managers.set(id, last);
  else managers.set(id, { ...applier, time, set });
}

const isMistimed = (entry: unknown): boolean =>
  isFields(entry) && typeof entry["time"] === "string" && parseTime(entry["time"]) === undefined;

/** Throws an Error with upstream's text where the configuration does not have the shape of its type. */
export function checkConfiguration({ type }: Version, config: Fields, what: string): void {
  const wrong = typedError(type, config);
  if (wrong !== undefined)
    throw new TypeError(`failed to create typed patch object (${what}): ${wrong}`);
  const said = isFields(config["metadata"]) ? (config["metadata"]["managedFields"] ?? null) : null;
  // Who writes a time that is none is told so when the whole is read; upstream sees no entries till then.
  if (said !== null && !(Array.isArray(said) && said.some(isMistimed))) {
    throw badRequest("metadata.managedFields must be nil");
  }
}
