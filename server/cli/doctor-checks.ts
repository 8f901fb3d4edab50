/** What `kubun doctor` looks at; one entry a check. `wrong` stops the main job, `warn` only narrows it. */
import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, totalmem, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Finding {
  readonly verdict: "ok" | "warn" | "wrong";
  readonly detail: string;
  /** The command or change that mends it. */
  readonly mend?: string | undefined;
}

interface Place {
  readonly dataDir: string;
  readonly port: number;
}

interface Check {
  readonly name: string;
  run(place: Place): Promise<Finding>;
}

const GiB = 1024 ** 3;
/** Postgres stops accepting writes when the disk fills; a cluster starts with a few hundred MB. */
const diskFreeBytesMin = 2 * GiB;
/** Measured idle: below it the machine swaps as soon as pods start. */
const memoryBytesMin = 1 * GiB;
/** Certificates made before it are not valid yet: the clock is certainly wrong. */
const clockEarliest = Date.parse("2026-01-01T00:00:00Z");

const ok = (detail: string): Finding => ({ verdict: "ok", detail });
const execute = promisify(execFile);

async function versionOf(command: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    return (await execute(command, [...args])).stdout.trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

async function checkData({ dataDir }: Place): Promise<Finding> {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
  } catch {
    return {
      verdict: "wrong",
      detail: `${dataDir} is not writable`,
      mend: "give another --data-dir",
    };
  }
  const { bavail, bsize } = statfsSync(dataDir);
  const free = `${dataDir}, ${((Number(bavail) * Number(bsize)) / GiB).toFixed(0)} GiB free`;
  return Number(bavail) * Number(bsize) < diskFreeBytesMin
    ? { verdict: "warn", detail: free, mend: "free some space: at least 2 GiB" }
    : ok(free);
}

function checkPort({ dataDir, port }: Place): Promise<Finding> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => {
      const mine = existsSync(join(dataDir, "admin.kubeconfig"));
      resolve({
        verdict: "warn",
        detail: `${port} is taken${mine ? ", perhaps by this very cluster" : ""}`,
        mend: "stop what listens there, or give another --port",
      });
    });
    probe.listen(port, "0.0.0.0", () => probe.close(() => resolve(ok(`${port} is free`))));
  });
}

async function checkPostgres(): Promise<Finding> {
  if (userInfo().uid !== 0) return ok("embedded, runs as you");
  if ((await versionOf("useradd", "--help")) !== undefined)
    return ok("embedded, runs as its own user");
  return {
    verdict: "wrong",
    detail: "Postgres refuses to run as root, and useradd is missing",
    mend: "apt-get install passwd",
  };
}

async function checkContainerd(): Promise<Finding> {
  const mend = "apt-get install containerd runc containernetworking-plugins";
  if (userInfo().uid !== 0)
    return {
      verdict: "warn",
      detail: "containers need root; nodes are simulated",
      mend: "run as root",
    };
  const containerd = await versionOf("containerd", "--version");
  if (containerd === undefined)
    return { verdict: "warn", detail: "not found; nodes are simulated", mend };
  if ((await versionOf("runc", "--version")) === undefined)
    return { verdict: "warn", detail: "runc is missing", mend };
  const plugins = ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge"].find((path) => existsSync(path));
  return plugins === undefined
    ? { verdict: "warn", detail: "the CNI plugins are missing", mend }
    : ok(containerd);
}

async function checkCgroups(): Promise<Finding> {
  const mounts = existsSync("/proc/mounts") ? readFileSync("/proc/mounts", "utf8") : "";
  if (/ \/sys\/fs\/cgroup cgroup2 /.test(mounts)) return ok("version 2");
  if (/ cgroup .*memory/.test(mounts)) return ok("version 1");
  return {
    verdict: "warn",
    detail: "not mounted; containers cannot run",
    mend: "mount -t cgroup2 none /sys/fs/cgroup",
  };
}

async function checkClock(): Promise<Finding> {
  const now = new Date();
  return now.getTime() < clockEarliest
    ? {
        verdict: "wrong",
        detail: `the clock says ${now.toISOString()}`,
        mend: "set it: certificates depend on it",
      }
    : ok(now.toISOString());
}

async function checkMemory(): Promise<Finding> {
  const detail = `${(totalmem() / GiB).toFixed(1)} GiB, ${cpus().length} processors`;
  return totalmem() < memoryBytesMin
    ? { verdict: "warn", detail, mend: "at least 1 GiB is needed" }
    : ok(detail);
}

export const checks: readonly Check[] = [
  { name: "data", run: checkData },
  { name: "port", run: checkPort },
  { name: "postgres", run: checkPostgres },
  { name: "containerd", run: checkContainerd },
  { name: "cgroups", run: checkCgroups },
  { name: "clock", run: checkClock },
  { name: "memory", run: checkMemory },
];
