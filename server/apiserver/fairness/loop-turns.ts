/**
 * The event loop, shared out by user: a turn of it has so many milliseconds for requests. What begins or goes on
 * after them waits for the next turn, where every user's first stands before anybody's second. Who takes little of
 * the loop passes who takes much, and while he is there those have a part of each turn only: a request meets the loop
 * several times until it is answered, and every time waits for a turn. A loop that is not full notices nothing of it.
 */
import { Turns } from "./turns.ts";
import { Uses } from "./uses.ts";

/** A request is one, and one more for so many bytes of its body. */
const bytesPerUnit = 16 * 1024;
/** Of one turn, milliseconds: whoever asks once waits for a few of them. */
const turnMs = 5;
/** Of those, for who takes much of the loop, while somebody is there who does not. */
const heavyMs = 2;
/** While a request of such a one is being answered those rest so long between their parts of turns. */
const restMs = 8;
/** Somebody is there so long after a request of his. */
const presentMs = 250;
/** What comes in one turn may all be begun before any of it is done: no more of it than this. */
const unitsMax = 32;
/** What a request that begins at once is taken to cost, milliseconds: what waited is measured. */
const requestMs = 0.3;
/** A millisecond for so many bytes of a body: they were received, and are handed on. */
const bytesPerMs = 256 * 1024;
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
  readonly #uses = new Uses();
  readonly #nextTurn: (step: () => void) => void;
  readonly #now: () => number;
  readonly #later: (step: () => void, ms: number) => void;
  #turn = 0;
  /** When this turn began. */
  #since = 0;
  /** When the first of it began that takes much; undefined: nothing yet. */
  #heavySince: number | undefined;
  /** When the last of those ended. */
  #heavyEnded = Number.NEGATIVE_INFINITY;
  #resting = false;
  /** Requests of those who take little that are being answered. */
  #lightUnderWay = 0;
  /** When somebody last asked who takes little. */
  #lightSeen = Number.NEGATIVE_INFINITY;
  /** Somebody waits who takes little. */
  #lightWaits = false;
  /** Left of this turn. */
  #units = unitsMax;
  /** Steps of the next turn. */
  #asked = 0;
  /** What is being done, and since when. */
  #doing: { readonly user: string; readonly since: number } | undefined;

  /** `nextTurn`: setImmediate, `later`: setTimeout, but for tests. `now`: milliseconds of a clock that only goes forward. */
  constructor(
    nextTurn: (step: () => void) => void,
    now: () => number,
    later: (step: () => void, ms: number) => void,
  ) {
    this.#nextTurn = nextTurn;
    this.#now = now;
    this.#later = later;
  }

  /** A request begins to be answered; returns what says that it was. */
  enter(user: string): () => void {
    if (!this.#uses.isLight(user, this.#now())) return nothing;
    this.#lightUnderWay += 1;
    return () => {
      this.#lightUnderWay -= 1;
      if (this.#resting && this.#lightUnderWay === 0) this.#ask();
    };
  }

  /** Whether a request may begin in this very turn. */
  free(user: string, size: number): boolean {
    const light = this.#uses.isLight(user, this.#now());
    if (light) this.#lightSeen = this.#now();
    if (this.#over(light) || this.#units <= 0) return false;
    if (light ? this.#lightWaits : !this.#waiting.empty) return false;
    this.#units -= 1 + Math.floor(size / bytesPerUnit);
    if (!light) {
      this.#heavySince ??= this.#now();
      this.#heavyEnded = this.#now();
    }
    this.#uses.charge(user, requestMs + size / bytesPerMs, this.#now());
    return true;
  }

  /** Resolves true when it may begin, false where too much waits. */
  turn(user: string, size: number): Promise<boolean> {
    this.#lightWaits ||= this.#uses.isLight(user, this.#now());
    return new Promise((resolve) => {
      if (!this.#waiting.add({ user, size, begin: () => resolve(true) })) resolve(false);
      this.#ask();
    });
  }

  /** Between two parts of what a request takes; undefined: it goes on at once. */
  breath(user: string): Promise<unknown> | undefined {
    if (!this.#over(this.#uses.isLight(user, this.#now()))) return undefined;
    this.#done();
    return this.turn(user, 0);
  }

  #over(light: boolean): boolean {
    if (this.#asked === 0) {
      this.#begin(this.#turn);
      this.#ask();
      return false;
    }
    const now = this.#now();
    if (now - this.#since >= turnMs) return true;
    return !light && now - (this.#heavySince ?? now) >= this.#heavyMs(now);
  }

  #heavyMs(now: number): number {
    return now - this.#lightSeen < presentMs ? heavyMs : turnMs;
  }

  #begin(turn: number): void {
    this.#turn = turn;
    this.#since = this.#now();
    if (!this.#rests()) this.#heavySince = undefined;
    this.#units = unitsMax;
    this.#asked = 0;
  }

  /** Who takes much has had his part, and somebody else's request is being answered. */
  #rests(): boolean {
    return this.#lightUnderWay > 0 && this.#now() - this.#heavyEnded < restMs;
  }

  /** Each step of the next turn begins one: what a step began is done before the next one looks at the clock. */
  #ask(): void {
    if (this.#asked >= unitsMax) return;
    this.#asked += 1;
    const turn = this.#turn + 1;
    this.#nextTurn(() => this.#step(turn));
  }

  #step(turn: number): void {
    this.#done();
    if (turn !== this.#turn) this.#begin(turn);
    const next = this.#next(this.#now());
    if (next !== undefined) {
      this.#doing = { user: next.user, since: this.#now() };
      next.begin();
    }
    // One more after the last: it ends what that took.
    if (next !== undefined) this.#ask();
    else if (!this.#waiting.empty) this.#goOn();
  }

  #goOn(): void {
    if (this.#lightWaits || !this.#rests()) {
      this.#ask();
      return;
    }
    if (this.#resting) return;
    this.#resting = true;
    this.#later(() => {
      this.#resting = false;
      this.#ask();
    }, restMs);
  }

  #next(now: number): Held | undefined {
    const isLight = (user: string): boolean => this.#uses.isLight(user, now);
    const isOver = now - this.#since >= turnMs;
    if (this.#lightWaits && !isOver) {
      const light = this.#waiting.next(isLight);
      if (light !== undefined) return light;
      this.#lightWaits = false;
    }
    // One of those who take much has its turn in any case.
    const since = this.#heavySince;
    if (since !== undefined && (isOver || now - since >= this.#heavyMs(now))) return undefined;
    const heavy = this.#waiting.next((user) => !(isOver && isLight(user)));
    if (heavy !== undefined) this.#heavySince ??= now;
    return heavy;
  }

  #done(): void {
    const doing = this.#doing;
    this.#doing = undefined;
    if (doing === undefined) return;
    const now = this.#now();
    this.#uses.charge(doing.user, now - doing.since, now);
    if (this.#uses.isLight(doing.user, now)) return;
    this.#heavyEnded = now;
    if (doing.since >= this.#since) this.#heavySince ??= doing.since;
  }
}

const nothing = (): undefined => undefined;

/** One for the process, as the loop is. */
export const loopTurns = new LoopTurns(
  (step) => void setImmediate(step),
  () => performance.now(),
  (step, ms) => void setTimeout(step, ms),
);
