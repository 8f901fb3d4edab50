/**
 * A real `kubun up` besieged by one hostile crowd after the other, with a legitimate load beside them all the while.
 * Before each attack the same crowd is aimed at a server that does nothing, and at a twin of ours that serves nobody
 * else: what the load takes then is what sharing the machine costs, with a crowd alone, and with a server besides that
 * wants as much of the processors as ours does under attack. What the load takes beyond that is what ours makes it wait.
 */
import process from "node:process";
import { type Attack, pause, type Target } from "./attack.ts";
import { memoryLeftMax, socketsLeftMax, watchesLeftMax } from "./faults.ts";
import { type Ended, IdleServer } from "./hostile.ts";
import { Load, percentile, type Span } from "./load.ts";
import { openScene, openTwin, productOf, type Scene, type Twin } from "./scene.ts";
import { memoryOf, processorOf, type ServerState, stateOf } from "./server-state.ts";

/** Of the whole time, before the first attack: what the load takes by itself. */
const calmShare = 0.1;
/** Of an attack's share of the time: aimed at the server that does nothing, at the twin of ours, and at ours. In the rest ours recovers. */
const controlShare = 0.25;
const twinShare = 0.25;
const attackShare = 0.4;
/** What the last attack left is given up by then: no limit of the server is longer. */
const returnMsMax = 120_000;

export interface Row {
  readonly name: string;
  readonly requests: number;
  readonly answers: ReadonlyMap<string, number>;
  /** The load's 99th percentile, milliseconds: with the crowd at the server that does nothing, and at ours. */
  readonly control: number;
  /** With the crowd at the twin. */
  readonly twin: number;
  readonly during: number;
  /** The 99th percentile of how long the server's loop worked from a request of the load to its answer, milliseconds. */
  readonly loop: number;
  /** Of the server in the attack, in processors. */
  readonly processor: number;
  /** Of the load's requests in the attack. */
  readonly failed: readonly string[];
  /** MiB. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly start: ServerState;
  readonly end: ServerState;
  /** Of the load, over all: without crowds, with those at the server that does nothing, and with those at ours. */
  readonly before: number;
  readonly control: number;
  readonly during: number;
  readonly loadRequests: number;
  readonly loadFailed: readonly string[];
  /** What the server said of itself that it should not have; "" when it never died. */
  readonly died: string;
}

export interface SiegeOptions {
  readonly seconds: number;
  readonly attacks: readonly Attack[];
  readonly seed: number;
  /** Whether each crowd is aimed at the server that does nothing first, and at the twin. */
  readonly timed: boolean;
  readonly say?: (line: string) => void;
}

interface Parts extends Scene {
  readonly idle: IdleServer;
  /** Absent where nothing is timed. */
  readonly twin: Twin | undefined;
}

class Besieged {
  readonly #parts: Parts;
  readonly #load: Load;
  readonly #calm: Span[] = [];
  readonly #controls: Span[] = [];
  readonly #stormy: Span[] = [];
  readonly pid: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#load = new Load(parts.cluster.kubeconfig, parts.pid);
    this.pid = parts.pid;
  }

  async calm(ms: number): Promise<void> {
    const from = Date.now();
    await pause(ms);
    this.#calm.push([from, Date.now()]);
  }

  async #aim(attack: Attack, target: Target, ms: number, seed: number): Promise<[Ended, Span]> {
    const ended = await this.#parts.hostile.attack({ attack: attack.name, target, ms, seed });
    return [ended, [ended.from, Date.now()]];
  }

  /** The crowd at the server that does nothing: the load's time then. */
  async control(attack: Attack, ms: number, seed: number): Promise<number> {
    const { idle, target } = this.#parts;
    const [, span] = await this.#aim(attack, { ...target, port: idle.port }, ms, seed);
    this.#controls.push(span);
    return percentile(this.#load.within([span]), 0.99);
  }

  /** The crowd at the twin. */
  async twin(attack: Attack, ms: number, seed: number): Promise<number> {
    const { twin } = this.#parts;
    if (twin === undefined) return Number.NaN;
    const [, span] = await this.#aim(attack, twin.target, ms, seed);
    return percentile(this.#load.within([span]), 0.99);
  }

  async endure(
    attack: Attack,
    ms: number,
    seed: number,
    elsewhere: Pick<Row, "control" | "twin">,
  ): Promise<Row> {
    const memoryBefore = memoryOf(this.pid);
    const processorBefore = processorOf(this.pid);
    const [{ requests, answers }, span] = await this.#aim(attack, this.#parts.target, ms, seed);
    this.#stormy.push(span);
    const during = this.#load.within([span]);
    const [from, to] = span;
    return {
      name: attack.name,
      requests,
      answers: new Map(answers),
      ...elsewhere,
      during: percentile(during, 0.99),
      loop: percentile(during, 0.99, "loopMs"),
      processor: (processorOf(this.pid) - processorBefore) / ((to - from) / 1_000),
      failed: during.flatMap(({ failed }) => (failed === "" ? [] : [failed])),
      memoryBefore,
      memoryAfter: memoryOf(this.pid),
    };
  }

  state(): Promise<ServerState> {
    return stateOf(this.pid, this.#parts.client);
  }

  /** Waits until nothing of the attacks is held any more, or until it must be. */
  async end(start: ServerState): Promise<ServerState> {
    const until = performance.now() + returnMsMax;
    for (;;) {
      process.kill(this.pid, "SIGUSR2");
      const now = await this.state();
      const back =
        now.sockets <= start.sockets + socketsLeftMax &&
        now.watches <= start.watches + watchesLeftMax &&
        now.inflight <= start.inflight &&
        now.memory <= start.memory + memoryLeftMax;
      if (back || performance.now() >= until) return now;
      await pause(500);
    }
  }

  died(): string {
    const { cluster } = this.#parts;
    const lives = cluster.process.exitCode === null && productOf(cluster) === this.pid;
    return lives ? "" : cluster.said();
  }

  outcome(rows: readonly Row[], start: ServerState, end: ServerState): Outcome {
    const { samples } = this.#load;
    return {
      rows,
      start,
      end,
      before: percentile(this.#load.within(this.#calm), 0.99),
      control: percentile(this.#load.within(this.#controls), 0.99),
      during: percentile(this.#load.within(this.#stormy), 0.99),
      loadRequests: samples.length,
      loadFailed: samples.flatMap(({ failed, what }) =>
        failed === "" ? [] : [`${what}: ${failed}`],
      ),
      died: this.died(),
    };
  }

  stop(): Promise<void> {
    return this.#load.stop();
  }
}

async function besiege(besieged: Besieged, options: SiegeOptions): Promise<Outcome> {
  const { attacks, seconds, seed, timed, say } = options;
  const share = (seconds * 1000 * (1 - calmShare)) / attacks.length;
  await besieged.calm(seconds * 1000 * calmShare);
  const start = await besieged.state();
  const rows: Row[] = [];
  for (const [index, attack] of attacks.entries()) {
    const [ms, at] = [share * attackShare, seed + index];
    const control = timed ? await besieged.control(attack, share * controlShare, at) : Number.NaN;
    const twin = await besieged.twin(attack, share * twinShare, at);
    const row = await besieged.endure(attack, ms, at, { control, twin });
    rows.push(row);
    say?.(attack.name);
    if (besieged.died() !== "") break;
    await pause(share * (1 - controlShare - twinShare - attackShare));
  }
  const end = besieged.died() === "" ? await besieged.end(start) : start;
  return besieged.outcome(rows, start, end);
}

/** Throws when the server cannot be started, or an attack does not end. */
export async function siege(options: SiegeOptions): Promise<Outcome> {
  await using ends = new AsyncDisposableStack();
  const scene = await openScene();
  ends.defer(scene.end);
  const idle = await IdleServer.start();
  ends.defer(() => idle.stop());
  const twin = options.timed ? await openTwin() : undefined;
  if (twin !== undefined) ends.defer(twin.end);
  const besieged = new Besieged({ ...scene, idle, twin });
  ends.defer(() => besieged.stop());
  return await besiege(besieged, options);
}
