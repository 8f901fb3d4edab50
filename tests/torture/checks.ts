/** The assertions of the reference, section 5, on a record of real processes and the log of their Postgres. */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Change, Revision, Stored } from "#storage/storage.ts";
import { checkWrites } from "../simulation/checks.ts";
import type { WriteRecord } from "../simulation/history.ts";
import { eventTypes, markOf } from "../simulation/truth.ts";
import type { Record, Shown, WatchRecord, WatchStep } from "./record.ts";
import type { Timeline, Truth } from "./truth.ts";

export const namespace = "default";
export const selector = { label: "half", value: "yes" } as const;

export function checkRecord(record: Record, truth: Truth): void {
  truth.check(record);
  learnDeletes(record, truth);
  checkWrites(record, truth.timelines);
  checkConflicts(record, truth);
  checkLists(record, truth);
  for (const watch of record.watches) checkWatch(record, truth, watch);
  checkClusterIps(record, truth);
  checkMemory(record);
  countWrites(record, truth);
  for (const error of record.internalErrors) record.violated(2, `a client was told: ${error}`);
}

/** What checkWrites looked at. */
function countWrites(record: Record, { timelines }: Truth): void {
  const changes = timelines.reduce((sum, timeline) => sum + timeline.changes.length, 0);
  record.looked(1, changes + record.counts.written);
  record.looked(3, changes);
  record.looked(4, record.writes.length);
}

/** A server that runs long needs more than one that has just begun; beyond this it keeps what it should not. */
const restTimesMax = 2;
const restSlackBytes = 150 * 2 ** 20;

/** 9: at rest no server holds much more than servers did while they worked. */
function checkMemory(record: Record): void {
  const first = record.memory.map(({ working }) => working[0] ?? 0).toSorted((a, b) => a - b);
  const usual = first[Math.floor(first.length / 2)] ?? 0;
  for (const { server, pid, rest } of record.memory) {
    if (rest === undefined) continue;
    record.looked(9);
    const most = restTimesMax * usual + restSlackBytes;
    if (rest <= most) continue;
    const [held, allowed] = [rest, most].map((bytes) => `${Math.round(bytes / 2 ** 20)} MB`);
    record.violated(9, `server ${server} (${pid}) holds ${held} at rest, at most ${allowed}`);
  }
}

/** The answer to a delete does not tell its revision: the log does, if it was made at all. */
function learnDeletes(record: Record, truth: Truth): void {
  const deletes = truth.timelines
    .flatMap(({ changes }) => changes)
    .filter(({ op }) => op === "delete");
  const revisions = new Map(deletes.map(({ object, revision }) => [markOf(object), revision]));
  for (const write of record.writes) {
    if (write.outcome === "written") write.revision ||= revisions.get(write.mark) ?? 0;
  }
}

function isSelected(object: KubeObject): boolean {
  return object.metadata.labels?.[selector.label] === selector.value;
}

export function shown({ metadata }: KubeObject): Shown {
  const { name, resourceVersion, annotations } = metadata;
  return `${name}@${resourceVersion} ${annotations?.["mark"] ?? "none"}`;
}

function isOurs({ key, object }: Stored | Change): boolean {
  return key.resource === "configmaps" && key.namespace === namespace && markOf(object) !== "none";
}

/** What stood at a revision. Asked at rising revisions it goes on from where it was. */
class States {
  readonly #timelines: readonly Timeline[];
  readonly #state = new Map<string, KubeObject>();
  #timeline = 0;
  #change = 0;

  constructor({ timelines }: Truth) {
    this.#timelines = timelines;
  }

  at(revision: Revision, selected: boolean): readonly Shown[] {
    for (;;) {
      const changes = this.#timelines[this.#timeline]?.changes ?? [];
      for (; this.#change < changes.length; this.#change++) {
        const change = changes[this.#change];
        if (change === undefined || change.revision > revision) break;
        if (isOurs(change)) this.#apply(change);
      }
      // A timeline begins with the end of the one before.
      if ((this.#timelines[this.#timeline + 1]?.start ?? Number.POSITIVE_INFINITY) > revision)
        break;
      this.#timeline += 1;
      this.#change = 0;
    }
    const objects = [...this.#state.values()].filter((object) => !selected || isSelected(object));
    return objects.map(shown).sort();
  }

  #apply({ op, key, object }: Change): void {
    if (op === "delete") this.#state.delete(key.name);
    else this.#state.set(key.name, object);
  }
}

/** 2 and 7: every list is the state at its revision, and none is older than what it had to see. */
function checkLists(record: Record, truth: Truth): void {
  const known = acknowledgements(record);
  const states = new States(truth);
  for (const list of record.lists.toSorted((a, b) => a.revision - b.revision)) {
    const { mode, revision, started, asked, items, selected } = list;
    record.looked(mode === "exact" ? 7 : 2);
    const newest = mode === "newest" || mode === "paged" ? known(started) : 0;
    if (revision < newest) {
      record.violated(2, `a list is at ${revision}, ${newest} was acknowledged before`);
    }
    if (mode === "not older" && revision < asked) {
      record.violated(2, `a list not older than ${asked} is at ${revision}`);
    }
    if (mode === "exact" && revision !== asked) {
      record.violated(7, `a list at ${asked} is at ${revision}`);
    }
    const assertion = mode === "paged" || mode === "exact" ? 7 : 2;
    const expected = states.at(revision, selected);
    record.same(assertion, `${mode} list at ${revision}`, items, expected);
  }
}

/** The highest revision that anybody had been told before a time. */
function acknowledgements({ writes }: Record): (time: number) => Revision {
  const written = writes.filter(({ outcome }) => outcome === "written");
  const ends = written.toSorted((a, b) => a.ended - b.ended);
  let most = 0;
  const highest = ends.map(({ revision }) => {
    most = Math.max(most, revision);
    return most;
  });
  return (time) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle]?.ended ?? time) < time) low = middle + 1;
      else high = middle;
    }
    return highest[low - 1] ?? 0;
  };
}

/** What a watch must tell between two revisions; what enters a selection is ADDED, what leaves it DELETED. */
function expectedEvents(
  truth: Truth,
  after: Revision,
  upTo: Revision,
  selected: boolean,
): readonly Shown[] {
  const { start, changes } = truth.at(after);
  // Without holes, which checkWrites makes sure of, a revision is a place.
  return changes
    .slice(after - start, upTo - start)
    .filter(isOurs)
    .map((change) => told(change, selected))
    .filter((event) => event !== undefined);
}

function told(change: Change, selected: boolean): Shown | undefined {
  const { op, object, previous, revision } = change;
  const was = previous !== undefined && (!selected || isSelected(previous.object));
  const is = op !== "delete" && (!selected || isSelected(object));
  if (!was && !is) return undefined;
  if (is)
    return `${selected && was ? "MODIFIED" : selected ? "ADDED" : eventTypes[op]} ${shown(object)}`;
  // The last state that was in it, under the revision of the change that took it out.
  const last = previous?.object ?? object;
  const metadata = { ...last.metadata, resourceVersion: String(revision) };
  return `DELETED ${shown({ ...last, metadata })}`;
}

/** 5 and 6: from list to list, through every reconnection, exactly what was committed, once and in order. */
function checkWatch(record: Record, truth: Truth, { name, selected, steps }: WatchRecord): void {
  let at: Revision | undefined;
  let events: Extract<WatchStep, { step: "event" }>[] = [];
  const settle = (upTo: Revision, what: string): void => {
    if (at === undefined) return;
    const expected = expectedEvents(truth, at, upTo, selected);
    const found = events.map(({ type, shown: object }) => `${type} ${object}`);
    record.same(5, `${name}, ${what}: events after ${at} up to ${upTo}`, found, expected);
    record.counts.events += events.length;
    at = upTo;
    events = [];
  };
  for (const step of steps) {
    const last = events.at(-1)?.revision ?? at ?? 0;
    if (step.step === "state") {
      settle(last, "before it was listed anew");
      at = step.revision;
      record.same(
        6,
        `${name}: initial set at ${at}`,
        step.items,
        new States(truth).at(at, selected),
      );
    } else if (step.step === "opened") {
      settle(last, `before ${step.server}`);
      if (at !== step.from) record.violated(5, `${name} went on at ${step.from}, was at ${at}`);
    } else if (step.step === "expired") {
      settle(last, "before it expired");
      record.counts.expired += 1;
      record.looked(8);
      const old = step.from < step.compacted || truth.at(step.from) !== truth.timelines.at(-1);
      if (!old)
        record.violated(8, `${name} expired at ${step.from}, compacted is ${step.compacted}`);
    } else if (step.revision < last || (step.step === "event" && step.revision === last)) {
      record.violated(5, `${name}: ${step.step} at ${step.revision} after ${last}`);
    } else if (step.step === "bookmark") {
      settle(step.revision, "bookmark");
    } else {
      events.push(step);
    }
  }
  settle(events.at(-1)?.revision ?? at ?? 0, "at the end");
}

/** 3: no conflict where what was expected surely stood there all the time. */
function checkConflicts(record: Record, truth: Truth): void {
  const changes = truth.timelines.flatMap((timeline) => timeline.changes).filter(isOurs);
  const byKey = Map.groupBy(changes, ({ key }) => key.name);
  const byMark = new Map(record.writes.map((write) => [write.mark, write]));
  for (const write of record.writes) {
    if (write.outcome === "conflict") record.looked(3);
    if (
      write.outcome === "conflict" &&
      surelyStood(write, byKey.get(write.key.name) ?? [], byMark)
    ) {
      record.violated(
        3,
        `${write.mark} lost against ${write.expected}, which it expected and which stood`,
      );
    }
  }
}

function surelyStood(
  { expected, started, ended, mark }: WriteRecord,
  changes: readonly Change[],
  byMark: ReadonlyMap<string, WriteRecord>,
): boolean {
  const intervalOf = (change: Change): WriteRecord | undefined => byMark.get(markOf(change.object));
  // 0: nothing stood there, which began with any delete, or ever.
  return [undefined, ...changes].some((made, at, all) => {
    const stands = made === undefined || made.op === "delete" ? 0 : made.revision;
    if (stands !== expected || (made !== undefined && markOf(made.object) === mark)) return false;
    const next = all[at + 1];
    const begun =
      made === undefined || (intervalOf(made)?.ended ?? Number.POSITIVE_INFINITY) < started;
    const over = next !== undefined && (intervalOf(next)?.started ?? 0) <= ended;
    return begun && !over;
  });
}

/** 10: at no time do two Services hold one address. */
function checkClusterIps(record: Record, truth: Truth): void {
  const holders = new Map<string, string>();
  for (const { key, op, object } of truth.timelines.flatMap(({ changes }) => changes)) {
    if (key.resource !== "services") continue;
    record.looked(10);
    const id = `${key.namespace}/${key.name}`;
    for (const [address, holder] of holders) if (holder === id) holders.delete(address);
    if (op === "delete") continue;
    const address = clusterIpOf(object);
    const other = holders.get(address);
    if (other !== undefined) record.violated(10, `${address} is held by ${other} and by ${id}`);
    if (address !== "") holders.set(address, id);
  }
}

function clusterIpOf(object: KubeObject): string {
  const spec = "spec" in object ? object.spec : undefined;
  if (typeof spec !== "object" || spec === null || !("clusterIP" in spec)) return "";
  return typeof spec.clusterIP === "string" && spec.clusterIP !== "None" ? spec.clusterIP : "";
}
