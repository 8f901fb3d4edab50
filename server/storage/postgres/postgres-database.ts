/** The thin driver: each call of the Database port is one statement or one read-only transaction. */

import { assert } from "#apimachinery/assert.ts";
import type { Batch, BatchOutcome, Database, DatabaseHead } from "#storage/database.ts";
import { inKeyOrder, keyText } from "#storage/key.ts";
import { outOfReach, tooLarge, tooOld } from "#storage/refusals.ts";
import type { Change, Revision, Scope, Stored } from "#storage/storage.ts";
import { type Reader, type Sql, writing } from "./connect.ts";
import {
  type ChangeRow,
  changeFromRow,
  type HeadRow,
  headFromRow,
  type StoredRow,
  standing,
  storedFromRow,
} from "./rows.ts";
import { listen, Session } from "./session.ts";
import { databaseError, passes } from "./sqlstate.ts";

/** As in commit_batch. */
const separator = "\u0001";
/** Beside the writer's connection: heads and tails, watchers that read the log, lists of the past. */
const readersMax = 4;
/** Rows fetched at once by the first load: bounds the memory of rows not yet parsed. */
const loadRows = 2_000;

/** A commit that is not answered by then is of unknown outcome; it may still be done. */
const commitMaxMs = 10_000;
/** How long a read is tried again before its caller is told: a failover takes longer, a broken connection does not. */
const readAgainMs = 3_000;
const retryMs = 50;
/** A head or a page of the log that is not answered by then is asked for again, on another connection. */
const readMaxMs = 5_000;

interface LogRow extends ChangeRow {
  readonly compacted: string;
}

interface CommitRow {
  readonly o_head: string;
  readonly o_number: string;
  readonly o_created: string;
  readonly o_losers: string | null;
}

export class PostgresDatabase implements Database {
  readonly #url: string;
  readonly #writer: Session;
  readonly #readers: readonly Session[];
  #closed = false;
  readonly #listeners = new Set<() => Promise<void>>();

  constructor(url: string) {
    this.#url = url;
    this.#writer = new Session(url, writing);
    this.#readers = Array.from({ length: readersMax }, () => new Session(url));
  }

  async commit(batch: Batch): Promise<BatchOutcome> {
    const { writes } = batch;
    const column = (of: (write: Batch["writes"][number]) => string | number) =>
      writes.map(of).join(separator);
    let rows: readonly CommitRow[];
    try {
      rows = await this.#writer.run(
        (sql) => sql<CommitRow[]>`select * from kubun.commit_batch(
          ${batch.id}, ${batch.epoch}, ${batch.after}, ${batch.seen},
          ${column(({ op }) => op)},
          ${column(({ key }) => keyText(key))}, ${column(({ expected }) => expected)},
          ${column(({ text }) => text)})`,
        commitMaxMs,
      );
    } catch (error) {
      throw databaseError(error);
    }
    const row = rows[0];
    assert(row !== undefined, "commit_batch answers one row");
    const created = row.o_created.split(",").map(Number);
    return {
      head: Number(row.o_head),
      number: Number(row.o_number),
      created,
      losers: row.o_losers === null ? [] : losersOf(batch, created, row.o_losers.split(separator)),
    };
  }

  async head(): Promise<DatabaseHead> {
    return headOf(await this.#read(selectHead, readMaxMs));
  }

  async snapshot(): Promise<{ readonly head: DatabaseHead; readonly objects: readonly Stored[] }> {
    return this.#atOneTime(async (sql) => {
      const objects: Stored[] = [];
      const rows = await selectHead(sql);
      const query = sql<StoredRow[]>`
        select key, create_revision, revision, value from kubun.objects`;
      for await (const page of query.cursor(loadRows)) {
        for (const row of page) objects.push(storedFromRow(row));
      }
      return { head: headOf(rows), objects };
    });
  }

  /** Now's state with the later changes undone: for each key the first of them holds what stood before. */
  async listAt(scope: Scope, revision: Revision): Promise<readonly Stored[]> {
    const { from, below } = keyRange(scope);
    return this.#atOneTime(async (sql) => {
      const head = headOf(await selectHead(sql));
      if (revision < head.compacted) throw tooOld(revision, head.compacted);
      if (revision > head.revision) throw tooLarge(revision, head.revision);
      const later = await sql<ChangeRow[]>`
        select distinct on (key) * from kubun.changes
        where revision > ${revision} and key >= ${from} and key < ${below}
        order by key, revision`;
      const now = await sql<StoredRow[]>`
        select key, create_revision, revision, value from kubun.objects
        where key >= ${from} and key < ${below} and revision <= ${revision}`;
      const before = later.map(changeFromRow).map(({ previous }) => previous);
      const then = [...now.map(storedFromRow), ...before.filter((item) => item !== undefined)];
      return inKeyOrder(new Map(then.map((item) => [keyText(item.key), item])).values());
    });
  }

  async changes(after: Revision, limit: number): Promise<readonly Change[]> {
    const read = await this.#read(
      (sql) => sql<LogRow[]>`
        select h.compacted, c.* from kubun.head h left join lateral (
          select * from kubun.changes where revision > ${after} order by revision limit ${limit}
        ) c on true order by c.revision`,
      readMaxMs,
    );
    const rows = read.filter(({ revision }) => revision !== null);
    let compacted = Number(read[0]?.compacted);
    if (rows.length > 0 && Number(rows[0]?.revision) !== after + 1) {
      // The partition was dropped between the statement's snapshot and its first look at the table.
      compacted = (await this.head()).compacted;
    }
    if (after < compacted) throw tooOld(after, compacted);
    const last = Number(rows.at(-1)?.revision ?? after);
    assert(last === after + rows.length, "the log has no gap");
    return rows.map(changeFromRow);
  }

  subscribe(wake: (head?: Revision) => void): () => void {
    const stop = listen(this.#url, "kubun", (payload = "") =>
      wake(/^\d+$/.test(payload) ? Number(payload) : undefined),
    );
    this.#listeners.add(stop);
    return () => void stop();
  }

  async compact(revision: Revision): Promise<void> {
    await this.#read((sql) => sql`select kubun.compact(${revision})`);
  }

  async raiseEpoch({ epoch, seen }: { epoch: number; seen: Revision }): Promise<DatabaseHead> {
    await this.#read((sql) => sql`select kubun.raise_epoch(${epoch}, ${seen})`);
    return this.head();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sessions = [this.#writer, ...this.#readers].map((session) => session.end());
    await Promise.all([...sessions, ...[...this.#listeners].map((stop) => stop())]);
  }

  /** On the connection with the least to do; one that broke is met by asking again. */
  async #read<T>(statement: (sql: Sql) => Promise<T>, withinMs?: number): Promise<T> {
    const deadline = performance.now() + readAgainMs;
    for (;;) {
      try {
        return await this.#idlest().run(statement, withinMs);
      } catch (error) {
        if (!passes(error) || this.#closed) throw error;
        if (performance.now() > deadline) throw outOfReach(error);
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  #idlest(): Session {
    return this.#readers.reduce((best, each) => (each.busy < best.busy ? each : best));
  }

  #atOneTime<T>(transaction: (sql: Reader) => Promise<T>): Promise<T> {
    return this.#read(async (sql) => {
      let result: { value: T } | undefined;
      await sql.begin("isolation level repeatable read read only", async (within) => {
        result = { value: await transaction(within) };
      });
      assert(result !== undefined, "a transaction that ended well has run");
      return result.value;
    });
  }
}

function selectHead(sql: Reader) {
  return sql<HeadRow[]>`
    select revision, compacted, epoch, batch, timeline <> kubun.timeline() as promoted
    from kubun.head`;
}

function headOf(rows: readonly HeadRow[]): DatabaseHead {
  const row = rows[0];
  assert(row !== undefined, "the head is one row");
  return headFromRow(row);
}

/** The keys of a scope lie between two texts: "0" follows "/". */
function keyRange({ group, resource, namespace }: Scope): { from: string; below: string } {
  const prefix =
    namespace === undefined ? `${group}/${resource}` : `${group}/${resource}/${namespace}`;
  return { from: `${prefix}/`, below: `${prefix}0` };
}

function losersOf(
  { writes }: Batch,
  created: readonly Revision[],
  fields: readonly string[],
): readonly (Stored | undefined)[] {
  return writes
    .filter((_, at) => created[at] === 0)
    .map(({ key }, at) => {
      const [revision = "0", createRevision = "0", value = ""] = fields.slice(3 * at, 3 * at + 3);
      if (revision === "0") return undefined;
      const numbers = { revision: Number(revision), createRevision: Number(createRevision) };
      return standing(key, value, numbers);
    });
}
