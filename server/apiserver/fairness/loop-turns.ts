/**
 * The event loop, shared out by user: a turn of it has so many milliseconds for requests. What begins or goes on
 * after them waits for the next turn, where every user's first stands before anybody's second. A loop that is not
 * full notices nothing of it.
 */
import { Turns } from "./turns.ts";

/** A request is one, and one more for so many bytes of its body. */
const bytesPerUnit = 16 * 1024;
/** Of one turn, milliseconds: whoever asks once waits for a few of them. */
const turnMs = 5;
/** What comes in one turn may all be begun before any of it is done: no more of it than this. */
const unitsMax = 32;
/** As many as forty full connections hold. */
const waitingOfUserMax = 10_000;
/** Bodies of those that wait. */
const waitingBytesMax = 256 * 1024 * 1024;

interface Held {
  readonly user: string;
  /** Bytes of its body. */
  readonly size: number;
  readonly begin: () => void;
}

export class LoopTurns {
  readonly #waiting = new Turns<Held>({ ofUserMax: waitingOfUserMax, bytesMax: waitingBytesMax });
  readonly #nextTurn: (step: () => void) => void;
  readonly #now: () => number;
  #turn = 0;
  /** When this turn began. */
  #since = 0;
  /** Left of this turn. */
  #units = unitsMax;
  /** Steps of the next turn. */
  #asked = 0;

  /** `nextTurn`: setImmediate, but for tests. `now`: milliseconds of a clock that only goes forward. */
  constructor(nextTurn: (step: () => void) => void, now: () => number) {
    this.#nextTurn = nextTurn;
    this.#now = now;
  }

  /** Whether a request may begin in this very turn. */
  free(size: number): boolean {
    if (this.#over() || this.#units <= 0 || !this.#waiting.empty) return false;
    this.#units -= 1 + Math.floor(size / bytesPerUnit);
    return true;
  }

  /** Resolves true when it may begin, false where too much waits. */
  turn(user: string, size: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (!this.#waiting.add({ user, size, begin: () => resolve(true) })) resolve(false);
      this.#ask();
    });
  }

  /** Between two parts of what a request takes; undefined: it goes on at once. */
  breath(user: string): Promise<unknown> | undefined {
    return this.#over() ? this.turn(user, 0) : undefined;
  }

  #over(): boolean {
    if (this.#asked === 0) {
      this.#begin(this.#turn);
      this.#ask();
      return false;
    }
    return this.#now() - this.#since >= turnMs;
  }

  #begin(turn: number): void {
    this.#turn = turn;
    this.#since = this.#now();
    this.#units = unitsMax;
    this.#asked = 0;
  }

  /** Each step of the next turn begins one: what a step began is done before the next one looks at the clock. */
  #ask(): void {
    if (this.#asked >= unitsMax) return;
    this.#asked += 1;
    const turn = this.#turn + 1;
    this.#nextTurn(() => this.#step(turn));
  }

  #step(turn: number): void {
    if (turn !== this.#turn) this.#begin(turn);
    if (this.#now() - this.#since < turnMs) this.#waiting.next()?.begin();
    if (!this.#waiting.empty) this.#ask();
  }
}

/** One for the process, as the loop is. */
export const loopTurns = new LoopTurns(
  (step) => void setImmediate(step),
  () => performance.now(),
);
