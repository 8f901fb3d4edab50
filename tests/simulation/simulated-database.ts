/**
 * A database as bad as databases get, behind the same port as Postgres: requests arrive late or never,
 * or after their sender was told that the connection broke; replies are lost; notices are lost, late or
 * doubled; a standby that is behind is promoted. What it committed is noted as the truth to check by.
 */

import type { Batch, BatchOutcome, Database, DatabaseHead } from "#storage/database.ts";
import { keyText } from "#storage/key.ts";
import type { Change, Revision, Scope, Stored, Write } from "#storage/storage.ts";
import type { Implementation } from "./implementation.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Batches remembered, as in commit_batch but small enough to be overrun. */
const ringMax = 64;

interface Committed {
  readonly id: string;
  readonly outcome: BatchOutcome;
}

/** All that one epoch ever committed, and what it began with. */
export interface Timeline {
  readonly epoch: number;
  readonly start: Revision;
  readonly objects: readonly Stored[];
  readonly changes: Change[];
  /** After a failover: changes above it were lost with the old primary. */
  survived: Revision | undefined;
}

export interface Faults {
  /** Each a probability of one call or one notice. */
  readonly connection: number;
  readonly notice: number;
}

export class Server {
  readonly #time: VirtualTime;
  readonly #implementation: Implementation;
  readonly log: InstanceType<Implementation["RevisionLog"]>;
  readonly timelines: Timeline[] = [];
  /** What stood at each key, from which step on; 0: nothing. */
  readonly standings = new Map<string, { readonly revision: Revision; readonly from: number }[]>();
  readonly subscribers = new Set<(head?: Revision) => void>();
  faults: Faults = { connection: 0, notice: 0 };
  /** Until this time of the clock no call gets through. */
  outageUntil = 0;
  #promoted = false;
  #number = 0;
  #ring: Committed[] = [];

  constructor(time: VirtualTime, implementation: Implementation) {
    this.#time = time;
    this.#implementation = implementation;
    this.log = new implementation.RevisionLog();
    this.#begin();
  }

  get timeline(): Timeline {
    const timeline = this.timelines.at(-1);
    if (timeline === undefined) throw new Error("no timeline");
    return timeline;
  }

  head(): DatabaseHead {
    return { ...this.log.head, batch: this.#number, promoted: this.#promoted };
  }

  /** The meaning of commit_batch, statement by statement. */
  commit(batch: Batch): BatchOutcome {
    const { DatabaseError } = this.#implementation;
    const { epoch, revision } = this.log.head;
    if (this.#number !== batch.after) {
      if (this.#number - batch.after > ringMax / 2) throw new DatabaseError("behind", "too far");
      const known = this.#ring.find(({ id }) => id === batch.id);
      if (known !== undefined) return this.#replayed(batch, known.outcome);
    }
    if (epoch !== batch.epoch) throw new DatabaseError("epoch", "another epoch");
    if (this.#promoted || revision < batch.seen) throw new DatabaseError("lost", "went back");

    const created: Revision[] = [];
    const losers: (Stored | undefined)[] = [];
    for (const { op, key, expected, text } of batch.writes) {
      const object = JSON.parse(text);
      const write: Write = op === "create" ? { op, key, object } : { op, key, expected, object };
      const before = this.log.current(write);
      const result = this.log.write(write);
      if (result.outcome === "conflict") {
        created.push(0);
        losers.push(result.current);
        continue;
      }
      created.push(result.stored.createRevision);
      this.timeline.changes.push({ ...result.stored, op, previous: before });
      this.#stands(keyText(key), op === "delete" ? 0 : result.stored.revision);
    }
    this.#number += 1;
    const outcome = { head: this.log.head.revision, number: this.#number, created, losers };
    this.#ring = [...this.#ring, { id: batch.id, outcome }].slice(-ringMax);
    if (outcome.head > revision) this.#notify(outcome.head);
    return outcome;
  }

  raiseEpoch(from: { readonly epoch: number; readonly seen: Revision }): DatabaseHead {
    const { epoch } = this.log.head;
    if (from.epoch === epoch) this.#promoted = false;
    this.log.raiseEpoch(from);
    if (this.log.head.epoch !== epoch) this.#begin();
    this.#notify(undefined);
    return this.head();
  }

  /** A standby takes over that lacks the last `lost` changes. */
  failOver(lost: number): void {
    if (this.#promoted) return;
    const survived = Math.max(this.log.head.compacted, this.log.head.revision - lost);
    this.timeline.survived = survived;
    for (const { revision, key, previous } of this.timeline.changes.toReversed()) {
      if (revision > survived) this.#stands(keyText(key), previous?.revision ?? 0);
    }
    this.log.lose(survived);
    this.#promoted = true;
  }

  #stands(id: string, revision: Revision): void {
    const standings = this.standings.get(id) ?? [{ revision: 0, from: 0 }];
    this.standings.set(id, [...standings, { revision, from: this.#time.ticks }]);
  }

  #begin(): void {
    const { head, objects } = this.log.snapshot();
    const { epoch, revision } = head;
    this.timelines.push({ epoch, start: revision, objects, changes: [], survived: undefined });
  }

  #replayed(batch: Batch, outcome: BatchOutcome): BatchOutcome {
    const losers = batch.writes
      .filter((_, at) => outcome.created[at] === 0)
      .map(({ key }) => this.log.current({ op: "create", key, object: nothing }));
    return { ...outcome, losers };
  }

  #notify(head: Revision | undefined): void {
    const { random } = this.#time;
    for (const wake of this.subscribers) {
      if (random.chance(this.faults.notice)) continue;
      const times = random.chance(this.faults.notice) ? 2 : 1;
      for (let time = 0; time < times; time++) {
        void this.#time.step().then(() => this.subscribers.has(wake) && wake(head));
      }
    }
  }
}

const nothing = { apiVersion: "", kind: "", metadata: { name: "" } };

/** One process' way to the server; when the process is killed, nothing comes back on it any more. */
export class Connection implements Database {
  readonly #server: Server;
  readonly #time: VirtualTime;
  readonly #implementation: Implementation;
  readonly #wakes = new Set<(head?: Revision) => void>();
  dead = false;

  constructor(server: Server, time: VirtualTime, implementation: Implementation) {
    this.#server = server;
    this.#time = time;
    this.#implementation = implementation;
  }

  commit(batch: Batch): Promise<BatchOutcome> {
    return this.#call(() => this.#server.commit(batch));
  }

  head(): Promise<DatabaseHead> {
    return this.#call(() => this.#server.head());
  }

  snapshot(): Promise<{ head: DatabaseHead; objects: readonly Stored[] }> {
    return this.#call(() => ({
      head: this.#server.head(),
      objects: this.#server.log.snapshot().objects,
    }));
  }

  listAt(scope: Scope, revision: Revision): Promise<readonly Stored[]> {
    return this.#call(() => this.#server.log.listAt(scope, revision));
  }

  changes(after: Revision, limit: number): Promise<readonly Change[]> {
    return this.#call(() => this.#server.log.changes(after, limit));
  }

  subscribe(wake: (head?: Revision) => void): () => void {
    this.#wakes.add(wake);
    this.#server.subscribers.add(wake);
    return () => this.#server.subscribers.delete(wake);
  }

  compact(revision: Revision): Promise<void> {
    return this.#call(() => this.#server.log.compact(revision));
  }

  raiseEpoch(from: { epoch: number; seen: Revision }): Promise<DatabaseHead> {
    return this.#call(() => this.#server.raiseEpoch(from));
  }

  async close(): Promise<void> {
    this.kill();
  }

  kill(): void {
    this.dead = true;
    for (const wake of this.#wakes) this.#server.subscribers.delete(wake);
  }

  async #call<T>(run: () => T): Promise<T> {
    const { random } = this.#time;
    const { connection } = this.#server.faults;
    if (this.dead) return forever();
    await this.#time.step(); // the request travels
    if (this.#time.now() < this.#server.outageUntil) return this.#broken();
    if (random.chance(connection)) {
      // Told that it broke, and yet it arrives: now, or long after, or never.
      if (random.chance(0.6)) void this.#late(run);
      return this.#broken();
    }
    const answer = settle(run);
    if (random.chance(connection)) return this.#broken();
    await this.#time.step(); // the reply travels
    if (this.dead) return forever();
    if ("error" in answer) throw answer.error;
    return answer.value;
  }

  async #late(run: () => unknown): Promise<void> {
    if (this.#time.random.chance(0.3)) await this.#time.sleep(this.#time.random.below(400));
    await this.#time.step();
    settle(run);
  }

  async #broken(): Promise<never> {
    await this.#time.step();
    if (this.dead) return forever();
    throw new this.#implementation.DatabaseError("unknown", "the connection broke");
  }
}

function settle<T>(run: () => T): { value: T } | { error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
