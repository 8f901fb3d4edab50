/** One run: clients at work, one fault after the other, then rest, and the checks of the whole record. */
import { readFileSync } from "node:fs";
import type { Client } from "#client/client.ts";
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
import type { TortureMutant } from "./mutants.ts";
import { Record } from "./record.ts";
import { Truth } from "./truth.ts";
import { type Head, WatchingClient } from "./watchers.ts";
import { openWorld, type World } from "./world.ts";

/** Assertion 9: how long everybody may need to come to rest once the faults have stopped. */
const restMsMax = 60_000;
const failOver = "failed over to the standby";
const readEveryMs = 700;
const weighEveryMs = 1_000;
const warmUpMs = 2_000;
/** Of Linux on the machines that this runs on. */
const pageBytes = 4_096;

/** undefined: the process is gone. */
function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * pageBytes;
  } catch {
    return undefined;
  }
}

export interface Options {
  readonly seconds: number;
  readonly seed: number;
  /** A fault that the checks must find. */
  readonly mutant?: TortureMutant | undefined;
  readonly say?: (line: string) => void;
}

export interface Outcome {
  readonly record: Record;
  readonly truth: Truth;
  readonly faults: ReadonlyMap<string, number>;
}

export async function torture(options: Options): Promise<Outcome> {
  const { say = () => undefined } = options;
  const world = await openWorld(options.mutant?.source);
  try {
    if (options.mutant?.commit !== undefined) await plantInCommit(world, options.mutant.commit);
    say(`${world.servers.length} servers over two Postgres servers are up`);
    return await new Torture(world, options).run();
  } finally {
    await world.close();
  }
}

async function plantInCommit(
  { postgres }: World,
  { find, replace }: NonNullable<TortureMutant["commit"]>,
): Promise<void> {
  const [row] = await postgres.sql(
    (sql) => sql<{ text: string }[]>`
      select pg_get_functiondef('kubun.commit_batch'::regproc) as text`,
  );
  const text = row?.text ?? "";
  if (!text.includes(find)) throw new Error(`commit_batch has no ${find}`);
  await postgres.sql((sql) => sql.unsafe(text.replaceAll(find, () => replace)));
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
    const weighing = this.#weigh();
    await (this.#options.mutant?.lyingDisk === true ? this.#lie() : this.#chaos(place.random));
    this.#over = true;
    await Promise.all(clients);
    await this.#rest(watchers);
    this.#weighAtRest();
    this.#stop.abort();
    await Promise.all([...watching, reading, weighing]);
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

  /** Each process gets a while to come up before its first weight counts. */
  async #weigh(): Promise<void> {
    const since = new Map<number, number>();
    while (!this.#stop.signal.aborted) {
      for (const { name, process: server } of this.#world.servers) {
        const begun = since.get(server.pid) ?? performance.now();
        since.set(server.pid, begun);
        const bytes = residentBytes(server.pid);
        if (bytes === undefined || performance.now() - begun < warmUpMs) continue;
        const known = this.#record.memory.find(({ pid }) => pid === server.pid);
        if (known === undefined)
          this.#record.memory.push({ server: name, pid: server.pid, working: [bytes] });
        else known.working.push(bytes);
      }
      await pause(weighEveryMs);
    }
  }

  #weighAtRest(): void {
    for (const each of this.#record.memory) {
      const bytes = residentBytes(each.pid);
      if (bytes !== undefined) each.rest = bytes;
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

  /** 9: a last write through every server and the address in front is made, and reaches every watcher. */
  async #rest(watchers: readonly WatchingClient[]): Promise<void> {
    const labels = { [selector.label]: selector.value };
    let last: Revision = 0;
    const write = async (client: Client): Promise<boolean> => {
      const name = `last-${Math.trunc(performance.now() * 1_000)}`;
      const made = client.create(configmaps, namespace, { metadata: { name, labels } });
      const revision = await made.then(revisionOf, () => 0);
      last = Math.max(last, revision);
      return revision > 0;
    };
    const behind = () =>
      watchers.filter(({ at = 0 }) => at < last).map(({ record, at }) => `${record.name} at ${at}`);
    try {
      for (const client of this.#world.clients) {
        this.#record.looked(9);
        await waitFor("a last write", () => write(client), undefined, restMsMax);
      }
      this.#record.looked(9, watchers.length);
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
