/** What a client needs and the machine lacks, fetched by its own package manager into a cache, once. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { arch, homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const caches = process.env["KUBUN_CLIENTS"] ?? join(homedir(), ".cache/kubun-clients");
/** Some thirty packages; a machine without a registry says so sooner. */
const installMsMax = 240_000;

export interface Installed {
  readonly path: string;
  /** Why it is not there; "" when it is. */
  readonly missing: string;
}

/** `command` fills a directory of its own, which appears whole or not at all. */
function installOnce(name: string, command: (room: string) => readonly string[]): Installed {
  const path = join(caches, name);
  if (existsSync(path)) return { path, missing: "" };
  mkdirSync(caches, { recursive: true });
  const room = mkdtempSync(join(caches, "installing-"));
  const [program = "", ...args] = command(room);
  const options = { encoding: "utf8", timeout: installMsMax } as const;
  const { status, stderr } = spawnSync(program, args, options);
  if (status === 0) renameSync(room, path);
  else rmSync(room, { recursive: true, force: true });
  const last = (stderr ?? "").trim().split("\n").at(-1);
  return { path, missing: status === 0 ? "" : `${program} could not install ${name}: ${last}` };
}

const says = (program: string, ...args: readonly string[]): string =>
  spawnSync(program, args, { encoding: "utf8" }).stdout ?? "";

/** `path` is for PYTHONPATH. */
export function pythonClient(): Installed {
  const release = "kubernetes==37.0.2";
  if (says("python3", "-m", "pip", "--version") === "") {
    return { path: "", missing: "python3 with pip is not installed" };
  }
  const quietly = ["--quiet", "--no-compile", "--disable-pip-version-check", "--retries", "1"];
  return installOnce(release.replace("==", "-"), (room) => [
    ...["python3", "-m", "pip", "install", ...quietly],
    ...["--target", room, release],
  ]);
}

/** A Node that runs TypeScript and `@kubernetes/client-node`: the machine's, else one of its own. */
export function nodeForClients(): Installed {
  const [, major = "0", minor = "0"] = /^v(\d+)\.(\d+)/.exec(says("node", "--version")) ?? [];
  if (Number(major) > 22 || (major === "22" && Number(minor) >= 19)) {
    return { path: "node", missing: "" };
  }
  const release = `node-linux-${arch()}@22.23.3`;
  const { path, missing } = installOnce(release.replace("@", "-"), (room) => [
    ...["npm", "install", "--silent", "--no-audit", "--no-fund"],
    ...["--prefix", room, release],
  ]);
  return { path: join(path, "node_modules", `node-linux-${arch()}`, "bin/node"), missing };
}
