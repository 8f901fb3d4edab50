/** Two Postgres servers of our own, the second a synchronous standby of the first, on a disk that can be filled. */
import { type ChildProcess, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";
import { connect, type Sql } from "#storage/postgres/connect.ts";
import { startEmbeddedPostgres } from "#storage/postgres/embedded.ts";
import { embeddedAccount, spawnAs } from "#storage/postgres/embedded-account.ts";
import { embeddedBinaries } from "#storage/postgres/embedded-binaries.ts";
import { settings } from "#storage/postgres/embedded-settings.ts";
import { silent } from "#telemetry/log.ts";
import { freePort } from "#tests/support/free-port.ts";
import { waitFor } from "../support/cluster.ts";

/** Room for the data of a long run, and small enough to be filled in a moment. */
const diskSize = "1500m";

export interface PostgresNode {
  readonly port: number;
  readonly url: string;
  running(): boolean;
  /** Is it up, and done with any recovery? */
  answers(): Promise<boolean>;
  start(): Promise<void>;
  /** SIGQUIT is pg_ctl -m immediate: no checkpoint, recovery at the next start. SIGINT ends it in order. */
  stop(signal: "SIGQUIT" | "SIGINT"): Promise<void>;
}

export interface PostgresPair {
  readonly nodes: readonly [PostgresNode, PostgresNode];
  primary(): PostgresNode;
  /** Of the primary of now. */
  sql<T extends readonly object[]>(run: (sql: Sql) => Promise<T>): Promise<T>;
  /** Ends the primary for good once its standby has everything, and promotes that. */
  failOver(): Promise<void>;
  /** Resolves when the primary answers again; starts it if it ended by itself, as it does when its disk is full. */
  recover(): Promise<void>;
  /** undefined: this machine lets nobody mount. The answer empties it again. */
  readonly fillDisk: (() => () => void) | undefined;
  /** What a disk does that lied about fsync: everything written in between `keep` and `lose` is gone. */
  rememberDisk(): Promise<void>;
  loseSince(): Promise<void>;
  end(): Promise<void>;
}

export async function startPostgresPair(): Promise<PostgresPair> {
  const root = mkdtempSync(join(tmpdir(), "kubun-torture-"));
  chmodSync(root, 0o755);
  const mounted = mount(root);
  const first = await initialized(join(root, "a"));
  const standbyDir = join(root, "b");
  const a = await nodeOf(first, ["synchronous_standby_names=*"]);
  // Once with a log that a standby can read.
  await a.start();
  await a.stop("SIGINT");
  copy(first.home, standbyDir);
  const second = { ...first, home: standbyDir, port: await freePort() };
  writeFileSync(join(second.home, "pgdata", "standby.signal"), "");
  const source = `host=127.0.0.1 port=${first.port} user=kubun password=${first.password}`;
  const b = await nodeOf(second, [`primary_conninfo=${source} application_name=b`]);
  await Promise.all([a.start(), b.start()]);
  let primary: PostgresNode = a;
  const sql: PostgresPair["sql"] = async (run) => {
    const client = connect(primary.url, { max: 1 });
    try {
      return await run(client);
    } finally {
      await client.end({ timeout: 1 });
    }
  };
  return {
    nodes: [a, b],
    primary: () => primary,
    sql,
    async failOver() {
      const caughtUp = async () =>
        (
          await sql(
            (it) => it`select 1 from pg_stat_replication where sync_state = 'sync'
          and flush_lsn >= pg_current_wal_lsn() - 100000`,
          )
        ).length > 0;
      await waitFor("the standby to follow", () => caughtUp().catch(() => false));
      await a.stop("SIGQUIT");
      primary = b;
      const standby = postgres(b.url, { max: 1, onnotice() {} });
      await standby`select pg_promote()`.finally(() => standby.end());
    },
    async recover() {
      await waitFor("the primary to answer again", async () => {
        if (!primary.running()) await primary.start();
        return primary.answers();
      });
    },
    fillDisk: mounted ? () => fill(root) : undefined,
    async rememberDisk() {
      await a.stop("SIGQUIT");
      copy(first.home, join(root, "kept"));
      await a.start();
    },
    async loseSince() {
      await a.stop("SIGQUIT");
      rmSync(first.home, { recursive: true });
      copy(join(root, "kept"), first.home);
      await a.start();
    },
    async end() {
      await Promise.all([a.stop("SIGQUIT"), b.stop("SIGQUIT")]);
      if (mounted) spawnSync("umount", ["--lazy", root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

interface Place {
  /** Of pgdata and run. */
  readonly home: string;
  readonly port: number;
  readonly password: string;
}

/** Made as the product makes its own, then stopped. */
async function initialized(dataDir: string): Promise<Place> {
  const port = await freePort();
  const made = await startEmbeddedPostgres({ dataDir, port, log: silent });
  await made.stop();
  const home = realpathSync(join(dataDir, "postgres"));
  return { home, port, password: readFileSync(join(home, "password"), "utf8") };
}

async function nodeOf(
  { home, port, password }: Place,
  more: readonly string[],
): Promise<PostgresNode> {
  const account = await embeddedAccount();
  const program = join(await embeddedBinaries(account), "bin", "postgres");
  const data = join(home, "pgdata");
  const url = `postgres://kubun:${password}@127.0.0.1:${port}/kubun`;
  const replicated = [
    "wal_level=replica",
    "max_wal_senders=4",
    "hot_standby=on",
    "max_wal_size=128MB",
    "min_wal_size=32MB",
    "wal_keep_size=64MB",
  ];
  const given = [
    ...settings({ sockets: join(home, "run"), port, listen: true }),
    ...replicated,
    ...more,
  ];
  let child: ChildProcess | undefined;
  return {
    port,
    url,
    running: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    answers: () => answers(url),
    async start() {
      const output = openSync(join(home, "log"), "a");
      child = spawnAs(account, [program, "-D", data, ...given.flatMap((each) => ["-c", each])], {
        cwd: home,
        output,
      });
      await waitFor("Postgres to answer", () => {
        if (child?.exitCode !== null) throw new Error("Postgres ended at its start");
        return answers(url);
      });
    },
    async stop(signal) {
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      process.kill(child.pid, signal);
      await gone;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  // Not the product's connect(): that one would not take a standby.
  const client = postgres(url, { max: 1, onnotice() {} });
  try {
    await client`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await client.end({ timeout: 1 });
  }
}

function copy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  const { status, stderr } = spawnSync("cp", ["-a", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cp: ${stderr}`);
}

function mount(folder: string): boolean {
  return (
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${diskSize},mode=755`, "tmpfs", folder])
      .status === 0
  );
}

function fill(root: string): () => void {
  const ballast = join(root, "ballast");
  const { stdout } = spawnSync("df", ["--output=avail", "-k", root], { encoding: "utf8" });
  spawnSync("fallocate", ["-l", `${Number(stdout.split("\n")[1])}K`, ballast]);
  return () => rmSync(ballast, { force: true });
}
