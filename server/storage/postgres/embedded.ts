/**
 * A real Postgres of our own in the data directory. It outlives us: after a kill -9 the next start
 * finds it running and goes on with it, or starts it and Postgres recovers from its own log.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  open,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "#telemetry/log.ts";
import { connect } from "./connect.ts";
import { type Account, embeddedAccount, spawnAs } from "./embedded-account.ts";
import { embeddedBinaries, exists, reachable, reachableRoot } from "./embedded-binaries.ts";
import { memoryEnvironment, settings } from "./embedded-settings.ts";

/** The first start writes 40 MB; a start after a crash replays at most max_wal_size. */
const startMaxMs = 60_000;
/** How long one that ends at once is started again: backends of a killed postmaster end in less. */
const relaunchMaxMs = 10_000;
const retryMs = 250;
/** Fast shutdown ends sessions and writes a checkpoint. */
const stopMaxMs = 30_000;
const lookEveryMs = 25;
const defaultPort = 5432;
/** Of a unix socket's path on Linux, with the port's file name and the closing zero. */
const socketPathBytesMax = 107;

export interface EmbeddedPostgres {
  /** For postgres.js; a unix socket, no port is opened unless one was asked for. */
  readonly url: string;
  readonly pid: number;
  /** True when it was running already. */
  readonly reused: boolean;
  /** Its process; whether it answers is another question. */
  alive(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Also listen on this loopback TCP port. */
  readonly port?: number;
  readonly log: Logger;
}

interface Place {
  /** Postgres' own folder (PGDATA). */
  readonly data: string;
  readonly sockets: string;
  readonly password: string;
  readonly account: Account | undefined;
}

export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = await embeddedAccount();
  const binaries = await embeddedBinaries(account);
  const place = await prepare(options, account);

  const deadline = Date.now() + relaunchMaxMs;
  for (;;) {
    try {
      return await adoptOrLaunch(binaries, place, options);
    } catch (error) {
      // A postmaster that was just killed leaves backends that end on their own in a moment; until then
      // the old one looks alive, or its shared memory keeps a new one out.
      if (!(error instanceof Ended) || Date.now() > deadline) throw error;
      await pause(retryMs);
    }
  }
}

async function adoptOrLaunch(
  binaries: string,
  place: Place,
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const running = await runningServer(place);
  if (running !== undefined) {
    const { pid, port } = running;
    const url = urlOf(place, port);
    await answering(url, pid);
    options.log.info("adopted the running Postgres", { pid });
    return embedded(url, pid, true);
  }
  if (!(await exists(join(place.data, "PG_VERSION"))))
    await initialize(binaries, place, options.log);
  const pid = await launch(binaries, place, options);
  const url = urlOf(place, options.port ?? defaultPort);
  await answering(url, pid);
  return embedded(url, pid, false);
}

function embedded(url: string, pid: number, reused: boolean): EmbeddedPostgres {
  return { url, pid, reused, alive: () => alive(pid), stop: () => stop(pid) };
}

/** The process ended before it took a statement. */
class Ended extends Error {}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The port is part of the socket's file name even when no port is opened. */
function urlOf({ sockets, password }: Place, port: number): string {
  const folder = encodeURIComponent(sockets);
  return `postgres://kubun:${password}@localhost:${port}/kubun?host=${folder}`;
}

async function prepare({ dataDir }: EmbeddedOptions, account: Account | undefined): Promise<Place> {
  await mkdir(dataDir, { recursive: true });
  const home = await homeOf(dataDir, account);
  const data = join(home, "pgdata");
  const ownSockets = join(home, "run");
  const tooLong = Buffer.byteLength(join(ownSockets, ".s.PGSQL.65535")) >= socketPathBytesMax;
  const secret = join(home, "password");
  if (!(await exists(secret))) {
    await writeFile(secret, randomBytes(24).toString("hex"), { mode: 0o600, flag: "wx" });
  }
  const password = await readFile(secret, "utf8");
  // A short name that only this data directory's password gives, where its own path is too long.
  const sockets = tooLong ? join("/tmp", `kubun-${password.slice(0, 12)}`) : ownSockets;
  for (const folder of [data, sockets]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    await chmod(folder, 0o700);
  }
  return { data, sockets, password, account };
}

/** A folder that Postgres' account reaches: in the data directory, or linked from there. */
async function homeOf(dataDir: string, account: Account | undefined): Promise<string> {
  const home = join(dataDir, "postgres");
  if (await exists(home)) return realpath(home);
  if (account === undefined || (await reachable(dataDir))) {
    await mkdir(home, { recursive: true, mode: 0o755 });
    return realpath(home);
  }
  const elsewhere = join(reachableRoot, `data-${randomBytes(8).toString("hex")}`);
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  await rm(home, { force: true });
  await symlink(elsewhere, home);
  return elsewhere;
}

async function initialize(binaries: string, place: Place, log: Logger): Promise<void> {
  log.info("making the database", { folder: place.data });
  // A start cut short leaves a half-made folder without PG_VERSION; initdb wants an empty one.
  await rm(place.data, { recursive: true, force: true });
  await mkdir(place.data, { mode: 0o700 });
  const passwordFile = join(place.sockets, "initial-password");
  await writeFile(passwordFile, place.password, { mode: 0o600 });
  if (place.account !== undefined) {
    await chown(place.data, place.account.uid, place.account.gid);
    await chown(passwordFile, place.account.uid, place.account.gid);
  }
  const output = join(place.sockets, "initdb.log");
  const { code, said } = await finished(
    place,
    [
      join(binaries, "bin", "initdb"),
      `--pgdata=${place.data}`,
      "--username=kubun",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--no-instructions",
    ],
    output,
  );
  await rm(passwordFile, { force: true });
  if (code !== 0) {
    await rm(join(place.data, "PG_VERSION"), { force: true });
    throw new Error(`initdb failed (${code}): ${said}`);
  }
}

async function finished(
  place: Place,
  command: readonly string[],
  output: string,
): Promise<{ code: number; said: string }> {
  const file = await open(output, "w", 0o600);
  try {
    const child = spawnAs(place.account, command, { cwd: place.sockets, output: file.fd });
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (exit) => resolve(exit ?? -1));
    });
    return { code, said: await readFile(output, "utf8") };
  } finally {
    await file.close();
  }
}

async function launch(binaries: string, place: Place, options: EmbeddedOptions): Promise<number> {
  const flags = constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY;
  const log = await open(join(place.data, "kubun.log"), flags, 0o600);
  try {
    const program = join(binaries, "bin", "postgres");
    const parameters = settings({
      sockets: place.sockets,
      port: options.port ?? defaultPort,
      listen: options.port !== undefined,
    });
    const child = spawnAs(
      place.account,
      [program, "-D", place.data, ...parameters.flatMap((parameter) => ["-c", parameter])],
      { cwd: place.data, output: log.fd, environment: memoryEnvironment },
    );
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve());
    });
    child.unref();
    if (child.pid === undefined) throw new Error("Postgres did not start");
    return child.pid;
  } finally {
    await log.close();
  }
}

/** The server named by postmaster.pid, when that process lives and is this Postgres. */
async function runningServer({ data }: Place): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  // Line by line: process, data directory, start time, port, socket directory, address.
  const [pid = 0, , , port = 0] = text.split("\n").map(Number);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  // After a reboot the number may belong to anybody.
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (!command.split("\0").includes(data) || !(await alive(pid))) return undefined;
  return { pid, port: port > 0 ? port : defaultPort };
}

async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // "pid (name) state …": an ended child that nobody waited for is a zombie, Z.
  return stat !== undefined && stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
}

/** Waits until it takes statements, and makes the database on the first start. */
async function answering(url: string, pid: number): Promise<void> {
  const deadline = Date.now() + startMaxMs;
  let last: unknown = "no answer";
  while (Date.now() < deadline) {
    try {
      return await makeDatabase(url);
    } catch (error) {
      // A server that ends meanwhile is met as its end below.
      if (!isPassing(error) && (await alive(pid))) throw error;
      last = error;
    }
    if (!(await alive(pid))) {
      throw new Ended(`Postgres (pid ${pid}) ended: ${String(last)}; see kubun.log in pgdata`);
    }
    await pause(lookEveryMs);
  }
  throw new Error(
    `Postgres (pid ${pid}) does not answer: ${String(last)}; see kubun.log in pgdata`,
  );
}

/** No socket yet; the server says that it is starting or ending; or its process ends while we ask. */
const passing = new Set([
  "ENOENT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "57P01",
  "57P02",
  "57P03",
]);

function isPassing(error: unknown): boolean {
  return error instanceof Error && "code" in error && passing.has(String(error.code));
}

async function makeDatabase(url: string): Promise<void> {
  const sql = connect(url, { max: 1, database: "postgres" });
  try {
    const known = await sql`select 1 from pg_database where datname = 'kubun'`;
    if (known.length === 0) await sql`create database kubun`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function stop(pid: number): Promise<void> {
  if (!(await alive(pid))) return;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + stopMaxMs;
  while (await alive(pid)) {
    if (Date.now() > deadline) throw new Error(`Postgres (pid ${pid}) does not stop`);
    await pause(lookEveryMs);
  }
}
