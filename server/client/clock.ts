/** Time as a dependency: queues, elections and reflectors take it, so that tests can turn the hands. */
export interface Clock {
  now(): Date;
  /** Milliseconds since some moment: for spans of time, since setting the clock does not move it. */
  monotonic(): number;
  /** Calls back once, after this many milliseconds; the answer cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** A timer takes 31 bits; what is longer would fire at once. */
const timerMillisecondsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    let timer = setTimeout(tick, Math.min(milliseconds, timerMillisecondsMax));
    let left = milliseconds - timerMillisecondsMax;
    function tick(): void {
      if (left <= 0) {
        callback();
        return;
      }
      timer = setTimeout(tick, Math.min(left, timerMillisecondsMax));
      left -= timerMillisecondsMax;
    }
    return () => clearTimeout(timer);
  },
};

/** Resolves after the delay, or at once when the signal is aborted. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(milliseconds, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    const stop = (): void => {
      cancel();
      resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
