/**
 * The event loop, shared out by user: so much work is begun in one turn of it, what is more waits for the next one,
 * where every user's first stands before anybody's second. A loop that is not full notices nothing of it.
 */
import { Turns } from "./turns.ts";

/** A request is one, and one more for so many bytes of its body. */
const bytesPerUnit = 16 * 1024;
/** Of one turn: a few milliseconds of small requests. */
const unitsPerTurn = 32;
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
  #units = unitsPerTurn;
  #asked = false;

  /** `nextTurn`: setImmediate, but for tests. */
  constructor(nextTurn: (turn: () => void) => void) {
    this.#nextTurn = nextTurn;
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
    this.#nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#asked = false;
    this.#units = unitsPerTurn;
    while (this.#units > 0) {
      const held = this.#waiting.next();
      if (held === undefined) return;
      this.#spend(held.size);
      held.begin();
    }
  }
}
