/**
 * A containerd of our own: root and configuration in the data directory, socket and state under /run.
 * It outlives kubun, as its containers do; the next start finds it by its socket.
 */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, sleep } from "#client/clock.ts";
import type { Logger } from "#telemetry/log.ts";
import { containerdConfig } from "./containerd-config.ts";

const run = promisify(execFile);

const startMillisecondsMax = 30_000;
const pollMilliseconds = 50;
/** CAP_SYS_RESOURCE is bit 24. */
const capSysResource = 1n << 24n;

export interface OwnContainerd {
  /** Absolute. */
  readonly dataDir: string;
  readonly socket: string;
  readonly cniConfDir: string;
  readonly ipamDir: string;
  readonly pidFile: string;
}

/** A unix socket's path holds 107 bytes, a data directory may be deeper: hence /run and a hash. */
export function ownContainerd(dataDir: string): OwnContainerd {
  const hash = createHash("sha256").update(dataDir).digest("hex").slice(0, 8);
  const home = join(dataDir, "containerd");
  return {
    dataDir,
    socket: `/run/kubun/${hash}/containerd.sock`,
    cniConfDir: join(home, "cni"),
    ipamDir: join(home, "ipam"),
    pidFile: join(home, "pid"),
  };
}

export interface StartOptions {
  readonly own: OwnContainerd;
  readonly cniBinDir: string;
  readonly sandboxImage: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True when the socket answers. */
  readonly answers: () => Promise<boolean>;
}

/** Resolves when the runtime answers. Throws with the end of its log when it does not. */
export async function startContainerd(options: StartOptions): Promise<void> {
  const { own, logger, answers } = options;
  if (await answers()) return;
  // Busy is not dead: a second one over the same data would wait for its lock, with the first one's socket gone.
  if (await stillRuns(own)) return untilAnswers(options, () => undefined);
  const home = join(own.dataDir, "containerd");
  const state = own.socket.replace(/\/[^/]*$/, "/state");
  for (const directory of [home, own.cniConfDir, own.ipamDir, state]) {
    await mkdir(directory, { recursive: true });
  }
  await rm(own.socket, { force: true });
  const configPath = join(home, "config.toml");
  const config = containerdConfig({
    root: join(home, "root"),
    state,
    socket: own.socket,
    sandboxImage: options.sandboxImage,
    cniBinDir: options.cniBinDir,
    cniConfDir: own.cniConfDir,
    registryDir: join(home, "certs.d"),
    snapshotter: (await overlayWorks(home)) ? "overlayfs" : "native",
    restrictOomScore: !(await mayLowerOomScore()),
  });
  await writeFile(configPath, config);
  const log = await open(join(home, "log"), "a");
  // Its own session: Ctrl-C in our terminal must not reach it.
  const script = 'PATH="$PATH:/usr/sbin:/sbin"; exec containerd --config "$1" --log-level warn';
  const child = spawn("sh", ["-c", script, "sh", configPath], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  let ended: string | undefined;
  child.on("error", (error) => {
    ended = error.message;
  });
  child.on("exit", (code) => {
    ended = `exit code ${code}`;
  });
  child.unref();
  await writeFile(own.pidFile, `${child.pid ?? ""}\n`);
  await untilAnswers(options, () => ended);
  logger.info("containerd started", { pid: child.pid, socket: own.socket });
}

/** Whether the process of the pid file lives, and is that containerd: a number may be another's by now. */
async function stillRuns({ dataDir, pidFile }: OwnContainerd): Promise<boolean> {
  const pid = (await readFile(pidFile, "utf8").catch(() => "")).trim();
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return pid !== "" && command.includes(join(dataDir, "containerd", "config.toml"));
}

async function untilAnswers(
  { own, clock, answers }: StartOptions,
  ended: () => string | undefined,
): Promise<void> {
  const signal = AbortSignal.timeout(startMillisecondsMax);
  while (!(await answers())) {
    const why = ended();
    if (why !== undefined || signal.aborted) {
      const log = await readFile(join(own.dataDir, "containerd", "log"), "utf8");
      const tail = log.trim().split("\n").slice(-3);
      throw new Error(`containerd did not start (${why ?? "no answer"}): ${tail.join(" | ")}`);
    }
    await sleep(clock, pollMilliseconds, signal);
  }
}

async function mayLowerOomScore(): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8");
  const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${effective}`) & capSysResource) !== 0n;
}

/** Tried, not guessed: inside some containers the kernel has overlays and refuses them. */
async function overlayWorks(home: string): Promise<boolean> {
  const test = join(home, "overlay-test");
  const part = (name: string): string => join(test, name);
  try {
    for (const name of ["lower", "upper", "work", "merged"]) {
      await mkdir(part(name), { recursive: true });
    }
    const layers = `lowerdir=${part("lower")},upperdir=${part("upper")},workdir=${part("work")}`;
    await run("mount", ["-t", "overlay", "-o", layers, "overlay", part("merged")]);
    await run("umount", [part("merged")]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(test, { recursive: true, force: true });
  }
}

/** Imports an image archive (OCI layout, or docker's) into the CRI namespace; the names that came. */
export async function importImage(socket: string, archive: Uint8Array): Promise<readonly string[]> {
  const said = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      "ctr",
      ["--address", socket, "--namespace", "k8s.io", "images", "import", "-"],
      (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(stderr.trim())),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(archive);
  });
  return [...said.matchAll(/^unpacking (\S+)/gm)].map(([, name = ""]) => name);
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
