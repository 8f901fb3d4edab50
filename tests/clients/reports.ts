/** A program that says what it did, a line of JSON a step: how a scenario in another runtime or language tells its test. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { waitFor } from "#tests/support/cluster.ts";

export interface Report {
  readonly step: string;
  readonly [fact: string]: unknown;
}

/** A step waits at most so long: a restart of the server and a lease's end are among them. */
const stepMsMax = 180_000;
/** The end of what a program said is shown with a failure; some print whole objects. */
const saidShownMax = 3_000;

export class Reporting {
  readonly #child: ChildProcess;
  readonly #steps = new Map<string, Report>();
  readonly #gone: Promise<void>;
  #said = "";

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", (error) => {
        this.#said += `${error}`;
        resolve();
      });
    });
    let line = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const lines = `${line}${chunk}`.split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) this.#take(whole);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.#said += chunk;
    });
  }

  #take(line: string): void {
    this.#said += `${line}\n`;
    if (!/^\{"step": ?"/.test(line)) return;
    const report: Report = JSON.parse(line);
    this.#steps.set(report.step, report);
  }

  /** What was reported of the step; throws with all that was said when it is not reported. */
  async step(name: string): Promise<Report> {
    const ended = (): boolean => this.#child.exitCode !== null || this.#child.signalCode !== null;
    await waitFor(
      `the step ${name}`,
      () => this.#steps.has(name) || ended(),
      () => this.#said.slice(-saidShownMax),
      stepMsMax,
    );
    if (!this.#steps.has(name)) await this.#gone;
    const report = this.#steps.get(name);
    if (report === undefined)
      throw new Error(`the program ended before ${name}:\n${this.#said.slice(-saidShownMax)}`);
    return report;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }
}
