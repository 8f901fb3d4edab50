/** The embedded Postgres over our own deaths and its own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#storage/postgres/embedded.ts";
import { keepEmbeddedPostgres } from "#storage/postgres/kept-postgres.ts";
import { openPostgresStorage } from "#storage/postgres/postgres.ts";
import { silent } from "#telemetry/log.ts";
import { waitFor } from "#tests/support/cluster.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { create, keyOf, written } from "../suites/storage-objects.ts";

let dataDir: string;
let running: EmbeddedPostgres;
const start = () => startEmbeddedPostgres({ dataDir, log: silent });

beforeAll(async () => {
  dataDir = temporaryDataDir();
  running = await start();
}, 60_000);
afterAll(async () => {
  await running.stop();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

async function writeOne(name: string): Promise<void> {
  const storage = await openPostgresStorage({ url: running.url });
  written(await storage.write(create(keyOf(name))));
  await storage.close();
}

async function names(): Promise<readonly string[]> {
  const storage = await openPostgresStorage({ url: running.url });
  const { objects } = await storage.snapshot();
  await storage.close();
  return objects.map(({ key }) => key.name).sort();
}

test("one that runs already is adopted", async () => {
  await writeOne("a");
  const again = await start();
  expect(again).toMatchObject({ reused: true, pid: running.pid, url: running.url });
  expect(await names()).toEqual(["a"]);
}, 60_000);

test("one that was stopped starts again with everything", async () => {
  await running.stop();
  await running.stop();
  running = await start();
  expect(running.reused).toBe(false);
  expect(await names()).toEqual(["a"]);
}, 60_000);

test("one that was killed recovers what was acknowledged", async () => {
  await writeOne("b");
  process.kill(running.pid, "SIGKILL");
  running = await start();
  expect(running.reused).toBe(false);
  expect(await names()).toEqual(["a", "b"]);
}, 60_000);

test("one that is kept starts again when it was killed, until it is stopped", async () => {
  await writeOne("c");
  await running.stop();
  const kept = await keepEmbeddedPostgres({ dataDir, log: silent });
  const pidFile = join(dataDir, "postgres/pgdata/postmaster.pid");
  const pid = async () => Number((await readFile(pidFile, "utf8").catch(() => "0")).split("\n")[0]);
  const first = await pid();
  process.kill(first, "SIGKILL");
  await waitFor("another one answers", async () => {
    const known = await names().catch((): readonly string[] => []);
    return known.includes("c") && (await pid()) !== first;
  });
  await kept.stop();
  expect(await pid()).toBe(0);
  running = await start();
  expect(running.reused).toBe(false);
}, 60_000);

test("a data directory that Postgres' account cannot reach is linked to one that it can", async () => {
  const closed = await mkdtemp(join(tmpdir(), "kubun-closed-"));
  await chmod(closed, 0o700);
  const server = await startEmbeddedPostgres({ dataDir: join(closed, "data"), log: silent });
  await server.stop();
  const again = await startEmbeddedPostgres({ dataDir: join(closed, "data"), log: silent });
  expect(again.url).toBe(server.url);
  await again.stop();
  await rm(await realpath(join(closed, "data", "postgres")), { recursive: true, force: true });
  await rm(closed, { recursive: true, force: true });
}, 60_000);
