/** The stock programs beside ours, where they are built ($KUBUN_PEERS, else ~/.cache/kubun-peers): how they start and end. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const peersDir = process.env["KUBUN_PEERS"] ?? join(homedir(), ".cache/kubun-peers");

export const peer = (program: string): string => join(peersDir, "bin", program);

/** Those of `programs` that are not built here. */
export function missingPeers(...programs: readonly string[]): string[] {
  return programs.filter((program) => !existsSync(peer(program)));
}

/** Without being asked twice a program that hangs is killed after this. */
const endsWithinMs = 10_000;

/** Programs that run for a test, each with a log of its own in one folder. */
export class PeerProcesses {
  readonly #directory: string;
  readonly #running: { readonly name: string; readonly child: ChildProcess }[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  start(name: string, command: string, args: readonly string[]): void {
    const log = openSync(this.#logOf(name), "a");
    const child = spawn(command, args, { cwd: this.#directory, stdio: ["ignore", log, log] });
    this.#running.push({ name, child });
  }

  get pids(): readonly number[] {
    return this.#running.map(({ child }) => child.pid ?? 0);
  }

  /** All that one of them said. */
  log(name: string): string {
    return readFileSync(this.#logOf(name), "utf8");
  }

  /** The last lines of each one's log, for a failing test. */
  said(): string {
    return this.#running
      .map(({ name }) => `--- ${name}\n${this.log(name).trim().split("\n").slice(-15).join("\n")}`)
      .join("\n");
  }

  /** The last started first. */
  async stop(): Promise<void> {
    for (const { child } of this.#running.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
      await gone;
      clearTimeout(hard);
    }
  }

  #logOf(name: string): string {
    return join(this.#directory, `${name}.log`);
  }
}

/** Runs a stock client to its end. */
export function run(
  name: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    const child = spawn(peer(name), args, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        out += chunk;
      });
    }
    child.on("close", (code) => resolve({ code: code ?? 1, out }));
  });
}
