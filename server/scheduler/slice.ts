/** How many pods one slice takes, so that it holds the thread for a few milliseconds at most. */

/** Other work of the process waits no longer than about this. */
const sliceMilliseconds = 4;
const podsAtStart = 64;
const podsMin = 8;
const podsMax = 512;

export class Slice {
  pods = podsAtStart;

  /** Runs the slice and corrects the number by how long it took: the answer, in milliseconds. */
  measure(pods: number, run: () => void): number {
    const start = performance.now();
    run();
    const took = Math.max(performance.now() - start, 0.01);
    const fitting = (pods * sliceMilliseconds) / took;
    // Half way at a time: one slow slice (a new class, a collection) is no trend.
    const next = (this.pods + fitting) / 2;
    this.pods = Math.round(Math.min(Math.max(next, podsMin), podsMax));
    return took;
  }
}
