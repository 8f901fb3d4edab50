/** Stock Kubernetes' programs, run for a test: where they lie, and how they start and end. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const home = process.env["KUBUN_PEERS"] ?? join(homedir(), ".cache/kubun-peers");

export function peer(program: string): string {
  return join(home, "bin", program);
}

/** Sentences; empty: all of them are built. */
export function missingPeers(programs: readonly string[]): readonly string[] {
  return programs
    .filter((program) => !existsSync(peer(program)))
    .map((program) => `no stock ${program} in ${home}/bin`);
}

export class PeerProcesses {
  readonly #directory: string;
  readonly #running: { readonly name: string; readonly child: ChildProcess }[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  start(name: string, command: string, args: readonly string[]): void {
    const log = openSync(join(this.#directory, `${name}.log`), "a");
    const child = spawn(command, args, { cwd: this.#directory, stdio: ["ignore", log, log] });
    this.#running.push({ name, child });
  }

  /** The last lines of each one's log, for a failing test. */
  said(): string {
    return this.#running
      .map(({ name }) => {
        const lines = readFileSync(join(this.#directory, `${name}.log`), "utf8")
          .trim()
          .split("\n");
        return `--- ${name}\n${lines.slice(-15).join("\n")}`;
      })
      .join("\n");
  }

  /** The last started first. */
  async stop(): Promise<void> {
    for (const { child } of this.#running.splice(0).reverse()) {
      if (child.exitCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await gone;
      clearTimeout(hard);
    }
  }
}
