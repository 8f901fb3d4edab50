/** The legitimate load as the siege sees it: a process, and how long each of its requests took when. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

export const namespace = "load";

export interface Sample {
  readonly what: "create" | "get" | "list" | "delete" | "watch";
  /** When it was asked, milliseconds since 1970. */
  readonly at: number;
  readonly ms: number;
  /**
   * Milliseconds that the server's event loop worked in that time, for whomever: where the machine is busy with other
   * things this still says how long a request stands behind others.
   */
  readonly loopMs: number;
  /** "" when it was granted. */
  readonly failed: string;
}

/** [from, to), milliseconds since 1970. */
export type Span = readonly [from: number, to: number];

export class Load {
  readonly #child: ChildProcess;
  readonly samples: Sample[] = [];
  readonly #gone: Promise<unknown>;

  constructor(kubeconfig: string, server: number) {
    const program = join(import.meta.dirname, "load-main.ts");
    const child = spawn(process.execPath, [program, kubeconfig, `${server}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => child.once("close", resolve));
    let line = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const lines = `${line}${chunk}`.split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) this.samples.push(JSON.parse(whole));
    });
  }

  within(spans: readonly Span[]): readonly Sample[] {
    return this.samples.filter(({ at }) => spans.some(([from, to]) => at >= from && at < to));
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }
}

/** Milliseconds; NaN when nothing was asked. */
export function percentile(
  samples: readonly Sample[],
  share: number,
  of: "ms" | "loopMs" = "ms",
): number {
  const sorted = samples.map((sample) => sample[of]).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
