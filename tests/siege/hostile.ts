/** The hostile processes as the siege sees them: an order goes in, and how its requests ended comes out. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Target } from "./attack.ts";

export interface Order {
  /** Its name. */
  readonly attack: string;
  readonly target: Target;
  readonly ms: number;
  readonly seed: number;
}

export interface Ended {
  readonly requests: number;
  readonly answers: readonly (readonly [string, number])[];
  /** When it began, milliseconds since 1970. */
  readonly from: number;
}

/** An attack that does not end by itself soon after its time is a fault of the siege. */
const overtimeMsMax = 60_000;

const programOf = (name: string): string => join(import.meta.dirname, name);

export class Hostile {
  readonly #child = spawn(process.execPath, [programOf("hostile-main.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  /** Throws when it fails or does not end. */
  async attack(order: Order): Promise<Ended> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), order.ms + overtimeMsMax);
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done === true) throw new Error(`${order.attack} did not end`);
    return JSON.parse(value);
  }

  stop(): Promise<void> {
    return killed(this.#child);
  }
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}

/** A server that does nothing. */
export class IdleServer {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<IdleServer> {
    const child = spawn(process.execPath, [programOf("idle-server-main.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    return new IdleServer(child, Number(`${line}`));
  }

  stop(): Promise<void> {
    return killed(this.#child);
  }
}
