/** One simulated run: servers, clients, faults, and in the end the checks of the whole history. */

import type { Revision, Stored } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { checkHistory } from "./checks.ts";
import { History, type Violation } from "./history.ts";
import type { Implementation } from "./implementation.ts";
import { reader } from "./readers.ts";
import { Replica, type Session } from "./replica.ts";
import { Server } from "./simulated-database.ts";
import { nodeOf } from "./truth.ts";
import { Random, VirtualTime } from "./virtual-time.ts";
import { WatchingClient } from "./watchers.ts";
import { quotaRaiser, writer } from "./writers.ts";

/** Steps until a run that does not end is called stuck. */
const ticksMax = 40_000;

export interface Result {
  readonly violations: readonly Violation[];
  readonly counts: History["counts"] & { readonly steps: number };
}

export class World {
  readonly time: VirtualTime;
  readonly server: Server;
  readonly history = new History();
  readonly size = { writes: 14, reads: 8 };
  readonly nodeOf = nodeOf;
  readonly #replicas: readonly Replica[];
  readonly #compaction: boolean;
  readonly #failovers: boolean;
  readonly #implementation: Implementation;
  /** Faults have stopped: what is left must come to rest. */
  quiet = false;
  over = false;

  constructor(seed: number, implementation: Implementation) {
    const random = new Random(seed);
    this.time = new VirtualTime(random);
    this.#implementation = implementation;
    this.server = new Server(this.time, implementation);
    const parts = { time: this.time, server: this.server, implementation };
    this.#replicas = ["r1", "r2"].map((name) => new Replica(name, parts));
    this.#compaction = random.chance(0.7);
    this.#failovers = random.chance(0.2);
    this.server.faults = {
      connection: random.pick([0, 0.02, 0.1]),
      notice: random.pick([0, 0.3, 1]),
    };
  }

  async run(): Promise<Result> {
    const failures: unknown[] = [];
    let busy = 0;
    const start = (task: Promise<void>) => {
      busy += 1;
      task.catch((error) => failures.push(error)).finally(() => busy--);
    };
    for (const replica of this.#replicas) start(replica.start());
    const watchers = [0, 1, 2, 3].map((id) => new WatchingClient(this, id));
    const watching = watchers.map((watcher) =>
      watcher.run().catch((error) => failures.push(error)),
    );
    for (const id of [0, 1, 2]) start(writer(this, id));
    start(quotaRaiser(this, 0));
    start(quotaRaiser(this, 1));
    start(reader(this));
    start(reader(this));
    const chaos = this.#chaos().catch((error) => failures.push(error));

    await this.#rest(() => busy === 0, "clients");
    this.#calm();
    const atRest = () =>
      watchers.every((each) => each.caughtUp(this.#head)) &&
      this.#replicas.every((each) => this.#holdsHead(each));
    await this.#rest(atRest, "watchers and caches");
    for (const watcher of watchers) {
      if (!watcher.caughtUp(this.#head)) this.history.violated(9, `stuck: ${watcher.position}`);
      else watcher.checkEnd();
    }
    this.over = true;
    void chaos;
    void watching;
    for (const error of failures) this.history.violated(2, `a client failed: ${trace(error)}`);
    for (const { errors } of this.#replicas) {
      for (const error of errors.filter((each) => !this.#expected(each))) {
        this.history.violated(5, error);
      }
    }
    checkHistory(this.history, this.server);
    const { violations, counts } = this.history;
    return { violations, counts: { ...counts, steps: this.time.ticks } };
  }

  /** The process that a client's connection happens to reach; undefined: it is down. */
  someSession(): Session | undefined {
    return this.time.random.pick(this.#replicas).session;
  }

  reasonOf(error: unknown): string {
    if (!(error instanceof Error) || !("status" in error)) return "";
    const { status } = error;
    if (typeof status !== "object" || status === null || !("reason" in status)) return "";
    return String(status.reason);
  }

  /** What a client may be told while the database is out of reach or restored; it asks again. */
  isOutage(error: unknown): boolean {
    if (error instanceof this.#implementation.DatabaseError) return true;
    return ["Timeout", "ServerTimeout", "ServiceUnavailable"].includes(this.reasonOf(error));
  }

  /** An own write that follows the cache's revision is in the cache when its reply comes. */
  seenOwnWrite(cache: WatchCache, before: Revision, stored: Stored): void {
    if (stored.revision === before + 1 && cache.revision < stored.revision) {
      this.history.violated(2, `own write ${stored.revision} answered, cache at ${cache.revision}`);
    }
  }

  #holdsHead({ session }: Replica): boolean {
    return session !== undefined && session.cache.revision >= this.#head;
  }

  get #head(): Revision {
    return this.server.log.head.revision;
  }

  async #rest(done: () => boolean, who: string): Promise<void> {
    const before = this.time.ticks;
    if (await this.time.run(done, ticksMax)) return;
    this.history.violated(9, `${who} did not come to rest in ${this.time.ticks - before} steps`);
  }

  async #chaos(): Promise<void> {
    const { random } = this.time;
    while (!this.quiet) {
      await this.time.sleep(20 + random.below(400));
      if (this.quiet) return;
      if (this.#compaction && random.chance(0.4)) this.#compact();
      if (random.chance(0.15)) this.#crash();
      if (random.chance(0.04)) this.server.outageUntil = this.time.now() + random.below(25_000);
      if (this.#failovers && random.chance(0.1)) {
        this.history.counts.failovers += 1;
        this.server.failOver(random.below(4));
      }
    }
  }

  #compact(): void {
    const revision = this.#head - this.time.random.below(8);
    this.someSession()
      ?.storage.compact(revision)
      .catch(() => undefined);
  }

  #crash(): void {
    const replica = this.time.random.pick(this.#replicas);
    this.history.counts.crashes += 1;
    replica.kill();
    void this.time.sleep(this.time.random.below(500)).then(() => replica.start());
  }

  #calm(): void {
    this.quiet = true;
    this.server.faults = { connection: 0, notice: 0 };
    this.server.outageUntil = 0;
  }

  /** A failover that lost writes is told loudly, and rightly so. */
  #expected(error: string): boolean {
    return this.#failovers && error.startsWith("the store went back in time");
  }
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function simulate(seed: number, implementation: Implementation): Promise<Result> {
  return new World(seed, implementation).run();
}
