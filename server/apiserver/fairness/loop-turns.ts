/**
 * The event loop, shared out by user: so much work is begun in one turn of it, what is more waits for the next one,
 * where every user's first stands before anybody's second. A loop that is not full notices nothing of it.
 */
import { Turns } from "./turns.ts";

/** A request is one, and one more for so many bytes of its body. */
const bytesPerUnit = 16 * 1024;
/** Of one turn, milliseconds: whoever asks once waits for a few of them. */
const turnMs = 5;
/** What is begun in one turn: as much as turns of that length have room for, within these. */
const units = { min: 8, max: 32 };
/** As many as eight full connections hold. */
const waitingOfUserMax = 2_000;
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
  readonly #nextTurn: (turn: () => void) => void;
  readonly #now: () => number;
  /** Units of a turn. */
  #room: number = units.max;
  /** Left of them in this turn. */
  #units: number = units.max;
  #asked = false;
  /** When this turn began. */
  #since = 0;

  /** `nextTurn`: setImmediate, but for tests. `now`: milliseconds of a clock that only goes forward. */
  constructor(nextTurn: (turn: () => void) => void, now: () => number) {
    this.#nextTurn = nextTurn;
    this.#now = now;
  }

  /** Whether a request may begin in this very turn. */
  free(size: number): boolean {
    if (this.#units <= 0 || !this.#waiting.empty) return false;
    this.#spend(size);
    return true;
  }

  /** Resolves true when it may begin, false where too much waits. */
  turn(user: string, size: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (!this.#waiting.add({ user, size, begin: () => resolve(true) })) resolve(false);
      this.#ask();
    });
  }

  #spend(size: number): void {
    this.#units -= 1 + Math.floor(size / bytesPerUnit);
    this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    if (this.#waiting.empty) this.#since = this.#now();
    this.#nextTurn(() => this.#turn());
  }

  /** After a turn that was too long less is begun, whatever made it long; after a short one more again. */
  #fit(): void {
    const now = this.#now();
    const took = now - this.#since;
    this.#since = now;
    const begun = this.#room - this.#units;
    const fitting = took > turnMs ? Math.floor((begun * turnMs) / took) : this.#room * 2;
    this.#room = Math.min(units.max, Math.max(units.min, fitting));
  }

  #turn(): void {
    this.#asked = false;
    this.#fit();
    this.#units = this.#room;
    while (this.#units > 0) {
      const held = this.#waiting.next();
      if (held === undefined) return;
      this.#spend(held.size);
      held.begin();
    }
  }
}
