/**
 * How much of the loop each user took of late. Who takes little of it is light: nobody who takes much stands before
 * him, however many requests, or parts of one, that are. Pure.
 */
import { Recent } from "#apimachinery/recent.ts";

/** At once, milliseconds of the loop: a kubectl that applies a directory is no flood. */
const burstMs = 40;
/** Of the loop, on and on. */
const lightShare = 0.1;
/** Users that are remembered: who was not seen for so long is light again anyway. */
const usersMax = 2_000;

interface Use {
  /** Milliseconds, at `since`. */
  left: number;
  since: number;
}

export class Uses {
  readonly #users = new Recent<Use>(usersMax);

  /** `now`: milliseconds of a clock that only goes forward. */
  charge(user: string, ms: number, now: number): void {
    const use = this.#users.obtain(user, () => ({ left: burstMs, since: now }));
    // What was one long part is not held against him for seconds.
    use.left = Math.max(-burstMs, leftAt(use, now) - ms);
    use.since = now;
  }

  isLight(user: string, now: number): boolean {
    const use = this.#users.get(user);
    return use === undefined || leftAt(use, now) > 0;
  }
}

const leftAt = ({ left, since }: Use, now: number): number =>
  Math.min(burstMs, left + (now - since) * lightShare);
