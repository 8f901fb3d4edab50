/** What Postgres committed: its log, read while the run goes on, since compaction drops what is old. */
import type { Sql } from "#storage/postgres/connect.ts";
import { type ChangeRow, changeFromRow } from "#storage/postgres/rows.ts";
import type { Change, Revision } from "#storage/storage.ts";
import type { History } from "../simulation/history.ts";

/** Rows read at once. */
const pageMax = 20_000;

/** All that was committed between two raises of the epoch; its revisions follow `start`. */
export interface Timeline {
  readonly start: Revision;
  readonly changes: Change[];
}

export class Truth {
  readonly timelines: Timeline[] = [{ start: 0, changes: [] }];
  compacted: Revision = 0;
  epoch = 1;

  #reading: Promise<void> = Promise.resolve();

  /** Reads what came since the last call, one call after the other: two at once would add the same rows twice. */
  read(sql: Sql): Promise<void> {
    const reading = this.#reading.then(() => this.#read(sql));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read(sql: Sql): Promise<void> {
    for (;;) {
      const [head] = await sql<
        { compacted: string; epoch: number }[]
      >`select compacted, epoch from kubun.head`;
      const rows = await sql<ChangeRow[]>`
        select * from kubun.changes where revision > ${this.newest} order by revision limit ${pageMax}`;
      await this.#forgetLost(sql);
      for (const row of rows) this.#add(marked(changeFromRow(row)));
      this.compacted = Number(head?.compacted);
      this.epoch = head?.epoch ?? this.epoch;
      if (rows.length < pageMax) return;
    }
  }

  /** A restore or a failover may have lost what was read here before: only what stands was committed. */
  async #forgetLost(sql: Sql): Promise<void> {
    const [kept] = await sql<{ newest: string | null }[]>`
      select max(revision) as newest from kubun.changes where revision <= ${this.newest}`;
    const last = this.timelines.at(-1);
    if (kept === undefined || kept.newest === null || last === undefined) return;
    const stands = last.changes.findLastIndex(({ revision }) => revision <= Number(kept.newest));
    last.changes.splice(stands + 1);
  }

  get newest(): Revision {
    const last = this.timelines.at(-1);
    return last?.changes.at(-1)?.revision ?? last?.start ?? 0;
  }

  /** The one that a revision belongs to. */
  at(revision: Revision): Timeline {
    const timeline = this.timelines.findLast(({ start }) => start <= revision);
    if (timeline === undefined) throw new Error(`no timeline has ${revision}`);
    return timeline;
  }

  /** 8: revisions go on without a hole, but for the leap that each new epoch makes. */
  check(history: History): void {
    const leaps = this.timelines.length - 1;
    if (leaps > this.epoch - 1) {
      history.violated(1, `the log leaps ${leaps} times in ${this.epoch - 1} raises of the epoch`);
    }
  }

  #add(change: Change): void {
    const leaps = change.revision !== this.newest + 1;
    if (leaps) this.timelines.push({ start: change.revision - 1, changes: [] });
    this.timelines.at(-1)?.changes.push(change);
  }
}

/** A delete is logged with the object's last state, whose mark is that of the write before. */
function marked(change: Change): Change {
  if (change.op !== "delete") return change;
  const mark = deleteMark(change.object.metadata.annotations?.["mark"] ?? "none");
  const annotations = { ...change.object.metadata.annotations, mark };
  return {
    ...change,
    object: { ...change.object, metadata: { ...change.object.metadata, annotations } },
  };
}

export const deleteMark = (of: string): string => (of === "none" ? of : `delete of ${of}`);
