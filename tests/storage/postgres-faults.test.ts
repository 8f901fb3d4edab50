/** What only a real Postgres can show: broken sessions, replayed batches, partitions, fences. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Batch } from "#storage/database.ts";
import { connect, type Sql } from "#storage/postgres/connect.ts";
import { applyMigrations } from "#storage/postgres/migrate.ts";
import { openPostgresStorage } from "#storage/postgres/postgres.ts";
import { PostgresDatabase } from "#storage/postgres/postgres-database.ts";
import { create, keyOf, pods, update, written } from "../suites/storage-objects.ts";
import { type ThrowawayPostgres, throwawayPostgres } from "./throwaway-postgres.ts";

let server: ThrowawayPostgres;
let url: string;
let sql: Sql;

beforeAll(async () => {
  server = await throwawayPostgres({ port: true });
}, 60_000);
afterAll(() => server.end(), 60_000);
beforeEach(async () => {
  await sql?.end();
  url = await server.emptied();
  await applyMigrations(url);
  sql = connect(url, { max: 1 });
});
afterAll(() => sql.end());

const text = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } });

function batchOf(id: string, after: number, changes: Partial<Batch> = {}): Batch {
  const writes = [{ op: "create" as const, key: keyOf(id), expected: 0, text }];
  return { id, epoch: 1, after, seen: 0, writes, ...changes };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "none",
    (error) => error.failure,
  );
}

test("sessions that are killed at any time cost no write and double none", async () => {
  const storage = await openPostgresStorage({ url });
  const rounds = 25;
  let done = false;
  const writer = async (id: number) => {
    let last = written(await storage.write(create(keyOf(`w${id}`))));
    for (let round = 1; round < rounds; round++) {
      last = written(await storage.write(update(last, `n${round}`)));
    }
  };
  const killer = async () => {
    let killed = 0;
    while (!done) {
      const rows = await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`;
      killed += rows.length;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    return killed;
  };
  const killing = killer();
  await Promise.all(Array.from({ length: 8 }, (_, id) => writer(id)));
  done = true;
  expect(await killing).toBeGreaterThan(0);
  await storage.close();
  const [row] = await sql`
    select count(*)::int as changes, max(revision)::int as newest,
      (select revision::int from kubun.head) as head from kubun.changes`;
  expect(row).toEqual({ changes: 8 * rounds, newest: 8 * rounds, head: 8 * rounds });
}, 60_000);

test("a batch that is sent again is answered as it was, and not made again", async () => {
  const database = new PostgresDatabase(url);
  const first = await database.commit(batchOf("a", 0));
  await database.commit(batchOf("b", 1));
  expect(await database.commit(batchOf("a", 0))).toEqual(first);
  expect((await database.head()).revision).toBe(2);
  const lost = await database.commit(batchOf("c", 2, { writes: batchOf("a", 0).writes }));
  const again = await database.commit(batchOf("c", 2, { writes: batchOf("a", 0).writes }));
  expect(again).toEqual(lost);
  expect(again.losers[0]?.revision).toBe(1);
  await database.close();
});

test("a batch of another epoch, too far behind or above the head is refused", async () => {
  const database = new PostgresDatabase(url);
  expect(await failure(database.commit(batchOf("a", 0, { epoch: 2 })))).toBe("epoch");
  expect(await failure(database.commit(batchOf("a", 0, { seen: 1 })))).toBe("lost");
  await sql`update kubun.head set batch = 600`;
  expect(await failure(database.commit(batchOf("a", 0)))).toBe("behind");
  await sql`update kubun.head set timeline = timeline + 1`;
  expect((await database.head()).promoted).toBe(true);
  expect(await failure(database.commit(batchOf("a", 600)))).toBe("lost");
  expect((await database.head()).revision).toBe(0);
  await database.close();
});

test("a promoted standby gets a new epoch before anything is written to it", async () => {
  const storage = await openPostgresStorage({ url });
  written(await storage.write(create(keyOf("a"))));
  await sql`update kubun.head set timeline = timeline + 1`;
  expect((await storage.head()).epoch).toBe(2);
  const stored = written(await storage.write(create(keyOf("b"))));
  expect(stored.revision).toBeGreaterThan(1_000_000);
  await storage.close();
});

test("partitions are made ahead and dropped when they are wholly compacted", async () => {
  const partitions = async () => {
    const rows = await sql<{ name: string }[]>`
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'kubun.changes'::regclass order by length(relname), relname`;
    return rows.map(({ name }) => name);
  };
  await sql`update kubun.head set revision = 99_999 - 1, compacted = 99_999 - 1`;
  const storage = await openPostgresStorage({ url });
  for (const name of ["a", "b", "c"]) written(await storage.write(create(keyOf(name))));
  expect(await partitions()).toEqual(["changes_0", "changes_100000"]);
  expect((await storage.changes(99_998, 10)).map(({ revision }) => revision)).toEqual([
    99_999, 100_000, 100_001,
  ]);
  await storage.compact(100_000);
  expect(await partitions()).toEqual(["changes_100000"]);
  expect(await storage.listAt(pods, 100_000)).toHaveLength(2);
  await storage.close();
});

test("migrations are applied once, by many at a time", async () => {
  await sql`drop schema kubun, kubun_migrations cascade`;
  await Promise.all([1, 2, 3].map(() => applyMigrations(url)));
  const rows = await sql`select count(*)::int as heads from kubun.head`;
  expect(rows[0]).toEqual({ heads: 1 });
});

test("of several hosts the one that answers is used", async () => {
  const { username, password } = new URL(url);
  const hosts = `127.0.0.1:1,127.0.0.1:${server.port}`;
  const storage = await openPostgresStorage({
    url: `postgres://${username}:${password}@${hosts}/kubun`,
  });
  expect((await storage.head()).epoch).toBe(1);
  await storage.close();
});
