/** What an attack is, and what it may use: bounded in time and in connections, and everything answered is counted. */
import type { Kubeconfig } from "#client/kubeconfig.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Of an administrator: a hostile client may have come by any right. */
  readonly kubeconfig: Kubeconfig;
}

/** How requests ended, by status, or in a word: closed, reset, silent. */
export class Tally {
  requests = 0;
  readonly answers = new Map<string, number>();

  asked(count = 1): void {
    this.requests += count;
  }

  answered(how: string, count = 1): void {
    this.answers.set(how, (this.answers.get(how) ?? 0) + count);
  }
}

export interface Siege {
  readonly target: Target;
  readonly tally: Tally;
  /** Below 1; seeded. */
  random(): number;
  over(): boolean;
}

export interface Attack {
  readonly name: string;
  run(siege: Siege): Promise<void>;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** `count` of them at once, each once at least, and again and again until the attack's time is over. */
export async function crowd(
  siege: Siege,
  count: number,
  once: (index: number) => Promise<void>,
): Promise<void> {
  const one = async (_: unknown, index: number): Promise<void> => {
    do {
      await once(index);
      // Also where an answer is immediate, others get their turn.
      await pause(1);
    } while (!siege.over());
  };
  await Promise.all(Array.from({ length: count }, one));
}

export function randomBytes({ random }: Pick<Siege, "random">, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

export function pick<T>({ random }: Pick<Siege, "random">, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}
