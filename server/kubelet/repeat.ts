/** A task done again and again, at an interval or sooner when asked. */
import type { Clock } from "#client/clock.ts";
import type { Logger } from "#telemetry/log.ts";

export interface RepeatOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly name: string;
  /** From the end of one to the start of the next. */
  readonly milliseconds: number;
}

export interface Repeated {
  /** Ends the present pause. */
  soon(): void;
  /** Resolves after the signal. */
  readonly done: Promise<void>;
}

/** A failure is logged; the next turn comes as if nothing had happened. */
export function repeat(options: RepeatOptions, task: () => Promise<void>): Repeated {
  const { clock, signal, logger, name, milliseconds } = options;
  let wake = (): void => {};
  let asked = false;
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(milliseconds, () => wake());
      wake = () => {
        cancel();
        signal.removeEventListener("abort", wake);
        wake = () => {};
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      if (asked || signal.aborted) wake();
    });
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      asked = false;
      try {
        await task();
      } catch (error) {
        if (!signal.aborted) logger.warn(`${name} failed`, { error: String(error) });
      }
      await pause();
    }
  };
  return {
    soon() {
      asked = true;
      wake();
    },
    done: run(),
  };
}
