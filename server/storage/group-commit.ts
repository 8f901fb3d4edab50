/**
 * Group commit: while one batch is in flight the next one forms, so a batch is as large as the load
 * makes it and a lone writer waits for nobody. A batch whose connection broke is sent again under the same
 * id until the database says what became of it; nobody is answered by a guess.
 */

import { badRequest, refusal } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Revision, Stored, Write, WriteResult } from "#storage/storage.ts";
import { sleep, type Timers } from "#storage/timers.ts";
import { type BatchOutcome, type Database, DatabaseError, type Failure } from "./database.ts";
import { Gathering } from "./gathering.ts";
import { keyText } from "./key.ts";
import { closing, restored, unknownOutcome } from "./refusals.ts";

/** More gains nothing: the batch's own cost is spread thin by then. */
const batchWritesMax = 256;
/** Characters of JSON: bounds what one statement carries when objects are large. */
const batchCharactersMax = 8 * 1024 * 1024;
/** How long a writer waits for a database out of reach; then the outcome is unknown, 504. */
const outcomeWaitMs = 15_000;
const retryMs = 50;
/** Separators of the SQL call; no name may hold them, and JSON text cannot. */
const firstPrintable = 0x20;
const slash = 0x2f;

const tryAgain: ReadonlySet<Failure> = new Set(["unknown", "retry", "behind"]);

interface Waiting {
  readonly id: string;
  readonly write: Write;
  readonly object: KubeObject;
  readonly text: string;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Sent {
  readonly taken: readonly Waiting[];
  /** Second writes to a key, which wait for this batch. */
  readonly held: ReadonlySet<Waiting>;
  /** The highest revision known when it was sent. */
  readonly seen: Revision;
  readonly outcome: Promise<BatchOutcome>;
}

export interface GroupCommitParts {
  readonly database: Database;
  readonly timers: Timers;
  /** Unique over all replicas and restarts. */
  readonly newBatchId: () => string;
  /** Writers: where more wait, none is waited for. */
  readonly crowd: number | undefined;
  /** The epoch moved or the database lost writes: whoever follows the log must look. */
  readonly onRestored: () => void;
  /** A batch is no longer under way; `others`: what this process did not write may stand before it in the log. */
  readonly onSettled: (others: boolean) => void;
}

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  #queue: Waiting[] = [];
  #running = false;
  readonly #gathering: Gathering;
  #closed = false;
  #epoch: number;
  #after: number;
  #seen: Revision;
  #idle: Promise<void> = Promise.resolve();

  constructor(
    parts: GroupCommitParts,
    head: { readonly epoch: number; readonly batch: number; readonly revision: Revision },
  ) {
    this.#parts = parts;
    this.#gathering = new Gathering(parts.timers, parts.crowd);
    this.#epoch = head.epoch;
    this.#after = head.batch;
    this.#seen = head.revision;
  }

  write(write: Write): Promise<WriteResult> {
    const { key } = write;
    const id = keyText(key);
    if (!wellFormed(id)) return Promise.reject(badRequest(`malformed key ${JSON.stringify(id)}`));
    if (this.#closed) return Promise.reject(closing());
    const object: KubeObject = {
      ...write.object,
      metadata: { ...write.object.metadata, resourceVersion: undefined },
    };
    const text = JSON.stringify(object);
    return new Promise((resolve, reject) => {
      this.#queue.push({ id, write, object, text, resolve, reject });
      if (!this.#running) this.#start();
      else this.#gathering.waiting(this.#queue.length);
    });
  }

  /** A head read by anyone: keeps what is known of the database fresh. */
  learn(head: {
    readonly epoch: number;
    readonly batch: number;
    readonly revision: Revision;
  }): void {
    if (head.epoch !== this.#epoch) {
      this.#epoch = head.epoch;
      this.#after = head.batch;
      this.#seen = head.revision;
      return;
    }
    this.#after = Math.max(this.#after, head.batch);
    this.#seen = Math.max(this.#seen, head.revision);
  }

  get seen(): Revision {
    return this.#seen;
  }

  /** A batch is under way, or about to be. */
  get busy(): boolean {
    return this.#running;
  }

  /** Refuses new writes and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle;
  }

  #start(): void {
    this.#running = true;
    this.#idle = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // The batch is cut when all that has come is queued: what lies in the sockets joins it, a batch less for each few.
      await this.#parts.timers.turn();
      await this.#gathering.complete(this.#queue.length);
      for (let sent: Sent | undefined = this.#send(); sent !== undefined; ) {
        sent = await this.#settle(sent);
      }
    }
    this.#running = false;
  }

  #send(): Sent {
    const seen = this.#seen;
    const { taken, held } = this.#take();
    return { taken, held, seen, outcome: this.#commit(taken) };
  }

  /** Where many wait the next batch is sent before this one is answered: the database works meanwhile. */
  async #settle({ taken, held, seen, outcome: coming }: Sent): Promise<Sent | undefined> {
    let others = true;
    let next: Sent | undefined;
    try {
      const outcome = await coming;
      this.#gathering.saw(taken.length + this.#queue.length);
      others = outcome.head - won(outcome) !== seen;
      this.#after = Math.max(this.#after, outcome.number);
      this.#seen = Math.max(this.#seen, outcome.head);
      if (held.size === 0 && this.#gathering.isCrowd(this.#queue.length)) next = this.#send();
      this.#answer(outcome, taken, held);
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
    this.#parts.onSettled(others);
    return next;
  }

  /** From the front, no key twice: a second write to a key waits for what the first one made. */
  #take(): { readonly taken: readonly Waiting[]; readonly held: ReadonlySet<Waiting> } {
    const taken: Waiting[] = [];
    const held: Waiting[] = [];
    const keys = new Set<string>();
    let characters = 0;
    let at = 0;
    for (; at < this.#queue.length; at++) {
      const waiting = this.#queue[at];
      if (waiting === undefined) break;
      const full = characters + waiting.text.length > batchCharactersMax && taken.length > 0;
      if (taken.length === batchWritesMax || full) break;
      if (keys.has(waiting.id)) {
        held.push(waiting);
        continue;
      }
      keys.add(waiting.id);
      taken.push(waiting);
      characters += waiting.text.length;
    }
    this.#queue = [...held, ...this.#queue.slice(at)];
    return { taken, held: new Set(held) };
  }

  async #commit(taken: readonly Waiting[]): Promise<BatchOutcome> {
    const { database, timers, newBatchId } = this.#parts;
    const id = newBatchId();
    const writes = taken.map(({ write, text }) => ({
      op: write.op,
      key: write.key,
      // To the database 0 means that nothing stands there, which no update and no delete may expect.
      expected: write.op === "create" ? 0 : write.expected || -1,
      text,
    }));
    const epoch = this.#epoch;
    // Where to look for the id. It moves only while it is certain that no try was committed.
    let after = this.#after;
    let unknown = false;
    const deadline = timers.now() + outcomeWaitMs;
    for (;;) {
      try {
        return await database.commit({ id, epoch, after, seen: this.#seen, writes });
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        unknown ||= error.failure === "unknown";
        if (!tryAgain.has(error.failure) || (error.failure === "behind" && unknown)) {
          throw await this.#refusal(error, unknown);
        }
        // Who closes does not wait for a database out of reach either.
        const over = this.#closed || timers.now() >= deadline;
        if (over) throw unknown ? unknownOutcome() : unreachable(error);
      }
      if (!unknown) after = await this.#newestBatch();
      await sleep(timers, retryMs);
    }
  }

  async #newestBatch(): Promise<number> {
    await this.#learnHead();
    return this.#after;
  }

  /** What the writers are told when trying again cannot help. */
  async #refusal(error: DatabaseError, unknown: boolean): Promise<Error> {
    const { database, onRestored } = this.#parts;
    const { failure } = error;
    if (failure === "lost" || failure === "epoch") {
      const fence = { epoch: this.#epoch, seen: this.#seen };
      if (failure === "lost") await database.raiseEpoch(fence).catch(() => undefined);
      await this.#learnHead();
      onRestored();
    }
    // A try before may have been committed, in the epoch that is gone or beyond what is remembered.
    if (unknown) return unknownOutcome();
    return failure === "refused" ? unreachable(error) : restored();
  }

  /** A database that does not answer is met again by the next try. */
  async #learnHead(): Promise<void> {
    await this.#parts.database.head().then(
      (head) => this.learn(head),
      () => undefined,
    );
  }

  #answer(outcome: BatchOutcome, taken: readonly Waiting[], held: ReadonlySet<Waiting>): void {
    const { head, created, losers } = outcome;
    let revision = head - won(outcome);
    let lost = 0;
    const standing = held.size === 0 ? undefined : new Map<string, Stored | undefined>();
    const again: Waiting[] = [];
    for (const [at, waiting] of taken.entries()) {
      const createRevision = created[at] ?? 0;
      if (createRevision === 0) {
        const current = losers[lost++];
        standing?.set(waiting.id, current);
        // It lost in a try whose reply was lost, and what stands by now is what it expected.
        if (wins(waiting.write, current)) again.push(waiting);
        else waiting.resolve({ outcome: "conflict", current });
        continue;
      }
      revision += 1;
      const { write, object, text } = waiting;
      object.metadata.resourceVersion = String(revision);
      const stored: Stored = {
        key: write.key,
        object,
        createRevision,
        revision,
        size: text.length,
      };
      standing?.set(waiting.id, write.op === "delete" ? undefined : stored);
      waiting.resolve({ outcome: "written", stored });
    }
    if (standing !== undefined) this.#answerHeld(standing, held);
    this.#queue = [...again, ...this.#queue];
  }

  /**
   * Held writes that lose against what their batch just made need no round trip to be told so. Not those
   * that were queued later: they may have been asked for after yet another write replaced it.
   */
  #answerHeld(standing: ReadonlyMap<string, Stored | undefined>, held: ReadonlySet<Waiting>): void {
    const staying = new Set<string>();
    this.#queue = this.#queue.filter((waiting) => {
      const { id, write, resolve } = waiting;
      if (!held.has(waiting) || staying.has(id)) return true;
      const current = standing.get(id);
      if (wins(write, current)) {
        staying.add(id);
        return true;
      }
      resolve({ outcome: "conflict", current });
      return false;
    });
  }
}

/** How many of a batch's writes. */
function won({ created }: BatchOutcome): number {
  return created.reduce((count, at) => (at === 0 ? count : count + 1), 0);
}

function wins(write: Write, current: Stored | undefined): boolean {
  return current?.revision === (write.op === "create" ? undefined : write.expected);
}

/** Four parts, so three slashes. */
function wellFormed(id: string): boolean {
  let slashes = 0;
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at);
    if (code < firstPrintable) return false;
    if (code === slash) slashes += 1;
  }
  return slashes === 3;
}

function unreachable(error: DatabaseError) {
  return refusal("ServiceUnavailable", `the store refused the write: ${error.message}`);
}
