/**
 * Clients that list and watch as informers do: on other replicas after a death, from where they were;
 * slow ones, that close and resume; told Expired, they list again. Every answer is held against the truth.
 */

import { keyText } from "#storage/key.ts";
import type { Revision } from "#storage/storage.ts";
import type { Entry, Watcher, WatchScope } from "#storage/watch-cache.ts";
import { scopes } from "./readers.ts";
import { Killed, type Session } from "./replica.ts";
import { describedEvent, describedList, expectedEvents, stateAt, timelineOf } from "./truth.ts";
import type { World } from "./world.ts";

export class WatchingClient {
  readonly #world: World;
  readonly #scope: WatchScope;
  readonly #slow: boolean;
  /** undefined: must list. */
  #at: { revision: Revision; epoch: number } | undefined;
  readonly #objects = new Map<string, Entry>();

  constructor(world: World, id: number) {
    this.#world = world;
    this.#scope = world.time.random.pick(scopes);
    this.#slow = id % 2 === 1;
  }

  /** Everything up to `revision` was delivered. */
  caughtUp(revision: Revision): boolean {
    return this.#at !== undefined && this.#at.revision >= revision;
  }

  get position(): string {
    return `${JSON.stringify(this.#scope)} at ${this.#at?.revision}`;
  }

  async run(): Promise<void> {
    const { time } = this.#world;
    while (!this.#world.over) {
      await time.step();
      const session = this.#world.someSession();
      if (session === undefined) {
        await time.sleep(20);
        continue;
      }
      try {
        if (this.#at === undefined) await this.#list(session);
        await this.#watch(session);
      } catch (error) {
        if (!(error instanceof Killed) && !this.#world.isOutage(error)) throw error;
      }
    }
  }

  /** What the client holds in the end is what the database holds. */
  checkEnd(): void {
    const { history, server } = this.#world;
    if (this.#at === undefined) throw new Error("a watcher that caught up has listed");
    const expected = stateAt(timelineOf(server, this.#at.epoch), this.#scope, this.#at.revision);
    const found = describedList([...this.#objects.values()]);
    history.same(5, `the store of ${this.position}`, found, expected);
  }

  async #list(session: Session): Promise<void> {
    const { cache } = session;
    await session.answer(cache.fresh());
    const { revision, entries } = cache.list(this.#scope);
    this.#objects.clear();
    for (const entry of entries) this.#objects.set(keyText(entry.key), entry);
    this.#at = { revision, epoch: cache.head().epoch };
    // The initial set is the state at the bookmark that ends it; #take checks that nothing older follows.
    const expected = stateAt(timelineOf(this.#world.server, this.#at.epoch), this.#scope, revision);
    this.#world.history.same(6, `initial set at ${revision}`, describedList(entries), expected);
  }

  async #watch(session: Session): Promise<void> {
    const { time } = this.#world;
    if (this.#at === undefined) return;
    const watcher = session.cache.watch(this.#scope, this.#at.revision);
    const reads = 1 + time.random.below(20);
    try {
      for (let read = 0; read < reads && !this.#world.over; read++) {
        if (this.#slow && !this.#world.quiet) await time.sleep(time.random.below(300));
        if (!(await this.#take(session, watcher))) return;
      }
    } finally {
      watcher.close();
    }
  }

  async #take(session: Session, watcher: Watcher): Promise<boolean> {
    const { history, server, time } = this.#world;
    if (this.#at === undefined) return false;
    const { revision: after, epoch } = this.#at;
    const epochIsOver = session.cache.head().epoch > epoch;
    let batch: Awaited<ReturnType<Watcher["next"]>>;
    try {
      batch = await session.answer(watcher.next(time.random.below(150)));
    } catch (error) {
      if (this.#world.reasonOf(error) !== "Expired") throw error;
      history.counts.expired += 1;
      const head = server.log.head;
      if (after >= head.compacted && epoch === head.epoch) {
        history.violated(8, `Expired at ${after}, compacted is ${head.compacted}`);
      }
      this.#at = undefined;
      return false;
    }
    if (epochIsOver) history.violated(8, `a watch at ${after} outlived its epoch ${epoch}`);
    const timeline = timelineOf(server, epoch);
    const committed = timeline.changes.at(-1)?.revision ?? timeline.start;
    if (batch.revision < after) history.violated(5, `bookmark ${batch.revision} after ${after}`);
    if (batch.revision > committed) {
      history.violated(5, `bookmark ${batch.revision}, committed is ${committed}`);
    }
    const expected = expectedEvents(timeline, this.#scope, { after, upTo: batch.revision });
    history.same(5, `events after ${after}`, batch.events.map(describedEvent), expected);
    history.counts.events += batch.events.length;
    for (const event of batch.events) this.#apply(event);
    this.#at = { revision: batch.revision, epoch };
    return true;
  }

  /** As an informer with a field selector: what leaves the index value leaves the store. */
  #apply({ type, entry }: { type: string; entry: Entry }): void {
    const id = keyText(entry.key);
    const { index } = this.#scope;
    const left = index !== undefined && this.#world.nodeOf(entry.object) !== index.value;
    if (type === "DELETED" || left) this.#objects.delete(id);
    else this.#objects.set(id, entry);
  }
}
