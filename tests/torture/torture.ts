/** One run: clients at work, one fault after the other, then rest, and the checks of the whole record. */

import { configmaps } from "#gen/api/core/v1.ts";
import type { Revision } from "#storage/storage.ts";
import { Random } from "../simulation/virtual-time.ts";
import { waitFor } from "../support/cluster.ts";
import { checkRecord, namespace, selector } from "./checks.ts";
import {
  lister,
  type Place,
  pause,
  quotaRaiser,
  revisionOf,
  serviceMaker,
  writer,
} from "./clients.ts";
import { type Fault, faults } from "./faults.ts";
import { Record } from "./record.ts";
import { Truth } from "./truth.ts";
import { type Head, WatchingClient } from "./watchers.ts";
import { openWorld, type World } from "./world.ts";

/** Assertion 9: how long everybody may need to come to rest once the faults have stopped. */
const restMsMax = 60_000;
const failOver = "failed over to the standby";
const readEveryMs = 700;

export interface Options {
  readonly seconds: number;
  readonly seed: number;
  /** Plants what a disk does that lies about fsync: the checks must find it. */
  readonly lyingDisk?: boolean;
  readonly say?: (line: string) => void;
}

export interface Outcome {
  readonly record: Record;
  readonly truth: Truth;
  readonly faults: ReadonlyMap<string, number>;
}

export async function torture(options: Options): Promise<Outcome> {
  const { say = () => undefined } = options;
  const world = await openWorld();
  try {
    say(`${world.servers.length} servers over two Postgres servers are up`);
    return await new Torture(world, options).run();
  } finally {
    await world.close();
  }
}

class Torture {
  readonly #world: World;
  readonly #options: Options;
  readonly #random: Random;
  readonly #record = new Record();
  readonly #truth = new Truth();
  readonly #done = new Map<string, number>();
  readonly #stop = new AbortController();
  #over = false;

  constructor(world: World, options: Options) {
    this.#world = world;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<Outcome> {
    const place: Place = {
      record: this.#record,
      someClient: () => this.#random.pick(this.#world.clients),
      random: () => this.#random.below(1_000_000) / 1_000_000,
      over: () => this.#over,
    };
    const head = () => this.#head();
    const watchers = Array.from(
      { length: 8 },
      (_, id) => new WatchingClient(place, `watcher ${id}`, { selected: id % 3 === 0, head }),
    );
    const watching = watchers.map((watcher) => watcher.run(this.#stop.signal));
    const clients = [
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => writer(place, id)),
      ...[0, 1].map((id) => quotaRaiser(place, id)),
      ...[0, 1, 2].map((id) => serviceMaker(place, id)),
      ...[0, 1].map(() => lister(place)),
    ];
    const reading = this.#read();
    await (this.#options.lyingDisk === true ? this.#lie() : this.#chaos(place.random));
    this.#over = true;
    await Promise.all(clients);
    await this.#rest(watchers);
    this.#stop.abort();
    await Promise.all([...watching, reading]);
    await this.#readTruth();
    checkRecord(this.#record, this.#truth);
    return { record: this.#record, truth: this.#truth, faults: this.#done };
  }

  /** Each fault once before any comes again; in the middle the primary fails over. */
  async #chaos(random: () => number): Promise<void> {
    const { seconds, say = () => undefined } = this.#options;
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    let queue: Fault[] = [];
    let failedOver = false;
    await pause(1_000);
    while (elapsed() < seconds) {
      if (!failedOver && elapsed() > seconds / 2) {
        failedOver = true;
        await this.#do(failOver, say, () => this.#failOver());
      }
      if (queue.length === 0) queue = this.#shuffled();
      const fault = queue.pop();
      const server = this.#random.pick(this.#world.servers);
      const { newest } = this.#truth;
      await this.#do(fault?.name ?? "", say, async () =>
        fault?.run(this.#world, { server, random, newest }),
      );
      await pause(200 + random() * 600);
    }
    if (!failedOver) await this.#do(failOver, say, () => this.#failOver());
  }

  async #do(name: string, say: (line: string) => void, fault: () => Promise<void>): Promise<void> {
    say(name);
    await fault();
    this.#done.set(name, (this.#done.get(name) ?? 0) + 1);
  }

  #shuffled(): Fault[] {
    const possible = faults.filter((fault) => fault.possible?.(this.#world) !== false);
    return possible
      .map((fault) => ({ fault, at: this.#random.below(1_000_000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ fault }) => fault);
  }

  async #failOver(): Promise<void> {
    await this.#world.postgres.failOver();
    // What survived is read before anything compacts it.
    await waitFor("the new primary's log", () =>
      this.#readTruth().then(
        () => true,
        () => false,
      ),
    );
  }

  /** What an hour of writes to a disk without fsync comes to when the power fails. */
  async #lie(): Promise<void> {
    const { postgres } = this.#world;
    const { counts } = this.#record;
    await pause(1_000);
    await postgres.rememberDisk();
    const before = counts.written;
    await waitFor("writes to lose", () => counts.written > before + 10);
    await postgres.loseSince();
    await pause(3_000);
  }

  async #read(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // Out of reach now; nothing is lost, since the log stays until it is compacted.
      await this.#readTruth().catch(() => undefined);
      await pause(readEveryMs);
    }
  }

  #readTruth(): Promise<readonly object[]> {
    return this.#world.postgres.sql(async (sql) => {
      await this.#truth.read(sql);
      return [];
    });
  }

  async #head(): Promise<Head> {
    const [row] = await this.#world.postgres.sql(
      (sql) => sql<{ compacted: string; epoch: number }[]>`select compacted, epoch from kubun.head`,
    );
    return { compacted: Number(row?.compacted), epoch: row?.epoch ?? 0 };
  }

  /** 9: a last write reaches every watcher, through every server. */
  async #rest(watchers: readonly WatchingClient[]): Promise<void> {
    const labels = { [selector.label]: selector.value };
    let last: Revision = 0;
    const write = async (): Promise<boolean> => {
      const name = `last-${Math.trunc(performance.now())}`;
      const metadata = { name, labels };
      const [client] = this.#world.clients;
      last = await (client?.create(configmaps, namespace, { metadata }) ?? Promise.reject()).then(
        revisionOf,
        () => 0,
      );
      return last > 0;
    };
    const behind = () =>
      watchers.filter(({ at = 0 }) => at < last).map(({ record, at }) => `${record.name} at ${at}`);
    try {
      await waitFor("a last write", write, () => "", restMsMax);
      await waitFor(
        "every watcher",
        () => behind().length === 0,
        () => behind().join(),
        restMsMax,
      );
    } catch (error) {
      this.#record.violated(9, String(error));
    }
  }
}
