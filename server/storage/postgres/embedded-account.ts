/** Postgres refuses to run as root: as root it gets an account of its own, else it runs as we do. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const accountName = "kubun";
const run = promisify(execFile);

/** undefined: not root, nothing to change. */
export async function embeddedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookup();
  if (known !== undefined) return known;
  await create();
  const made = await lookup();
  if (made === undefined) throw new Error(`the system user ${accountName} could not be made`);
  return made;
}

/** Starts a program as the account, in a session of its own so that our end does not end it. */
export function spawnAs(
  account: Account | undefined,
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly output: number;
    readonly environment?: Record<string, string>;
  },
): ChildProcess {
  // Not spawn's uid option: Bun ignores supplementary groups, and setpriv drops them by name.
  const asAccount =
    account === undefined
      ? []
      : ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", "--"];
  const [program = "", ...rest] = [...asAccount, ...command];
  return spawn(program, rest, {
    cwd: options.cwd,
    detached: true,
    stdio: ["ignore", options.output, options.output],
    // The libraries are found by the binaries themselves; a clean environment keeps PG* variables out.
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC", ...options.environment },
  });
}

async function lookup(): Promise<Account | undefined> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n");
  for (const line of lines) {
    const [name, , uid, gid] = line.split(":");
    if (name === accountName) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

async function create(): Promise<void> {
  const useradd = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  try {
    await run("useradd", [...useradd, accountName]);
  } catch (error) {
    // Two processes may start at once, and Alpine has adduser only.
    if ((await lookup()) !== undefined) return;
    await run("adduser", ["-S", "-D", "-H", accountName]).catch(() => {
      throw new Error(`cannot make the system user ${accountName}: ${String(error)}`);
    });
  }
}
