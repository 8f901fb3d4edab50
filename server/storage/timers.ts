/** The clock, as the store sees it: real here, virtual in the simulation. */
export interface Timers {
  /** Milliseconds since some moment; a clock that is set does not move it. */
  now(): number;
  /** Runs once after `ms`; returns the canceller. */
  after(ms: number, run: () => void): () => void;
  /** Resolves when what has arrived meanwhile has been looked at. */
  turn(): Promise<void>;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};

export function sleep(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve));
}
