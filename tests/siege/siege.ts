/**
 * A real `kubun up` besieged by one hostile crowd after the other, with a legitimate load beside them all the while.
 * A calm stretch before the first says what the load takes without them.
 */
import { readFileSync } from "node:fs";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { namespaces, pods } from "#gen/api/core/v1.ts";
import {
  type RunningCluster,
  removeDataDir,
  startCluster,
  waitFor,
} from "#tests/support/cluster.ts";
import { mulberry32 } from "#tests/support/mulberry32.ts";
import { hangUp } from "./ask.ts";
import { type Attack, pause, type Siege, Tally, type Target } from "./attack.ts";
import { memoryLeftMax, socketsLeftMax, watchesLeftMax } from "./faults.ts";
import { Load, namespace, percentile, type Span } from "./load.ts";
import { memoryOf, type ServerState, stateOf } from "./server-state.ts";

/** Of the whole time, before the first attack: what the load takes by itself. */
const calmShare = 0.1;
/** Of an attack's share of the time; in the rest the server gets over it. */
const attackShare = 0.8;
/** An attack that does not end by itself soon after its time is a fault of the siege. */
const overtimeMsMax = 60_000;
/** What the last attack left is given up by then: no limit of the server is longer. */
const returnMsMax = 60_000;

export interface Row {
  readonly name: string;
  readonly requests: number;
  readonly answers: ReadonlyMap<string, number>;
  /** The load's, milliseconds: in the calm before all of them, and in the attack. */
  readonly before: number;
  readonly during: number;
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
  /** Of the load, over all. */
  readonly before: number;
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
  readonly say?: (line: string) => void;
}

/** The launcher's child is the product. */
function productOf({ process: { pid } }: RunningCluster): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}

async function prepare(client: Client): Promise<void> {
  for (const name of [namespace, "siege"]) {
    await client.create(namespaces, "", { metadata: { name }, spec: {} });
  }
  await waitFor("a service account", async () => {
    const spec = { containers: [{ name: "c", image: "example.test/c:1" }] };
    const made = client.create(pods, "siege", { metadata: { name: "target" }, spec });
    return made.then(
      () => true,
      () => false,
    );
  });
  await waitFor("the pod that is talked to", async () => {
    return (await client.get(pods, "siege", "target")).status?.phase === "Running";
  });
}

async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} did not end`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

class Besieged {
  readonly #cluster: RunningCluster;
  readonly #target: Target;
  readonly #client: Client;
  readonly #load: Load;
  readonly #calm: Span[] = [];
  readonly #stormy: Span[] = [];
  readonly pid: number;

  constructor(cluster: RunningCluster, client: Client) {
    this.#cluster = cluster;
    this.#client = client;
    const kubeconfig = readKubeconfig(readFileSync(cluster.kubeconfig, "utf8"));
    const { hostname, port } = new URL(kubeconfig.server);
    this.#target = { host: hostname, port: Number(port), kubeconfig };
    this.#load = new Load(cluster.kubeconfig);
    this.pid = productOf(cluster);
  }

  async calm(ms: number): Promise<void> {
    const from = Date.now();
    await pause(ms);
    this.#calm.push([from, Date.now()]);
  }

  async endure(attack: Attack, ms: number, seed: number): Promise<Row> {
    const memoryBefore = memoryOf(this.pid);
    const from = Date.now();
    const tally = new Tally();
    const target = this.#target;
    const over = (): boolean => Date.now() - from >= ms;
    const siege: Siege = { target, tally, random: mulberry32(seed), over };
    try {
      await within(attack.run(siege), ms + overtimeMsMax, attack.name);
    } finally {
      hangUp(siege);
    }
    const span: Span = [from, Date.now()];
    this.#stormy.push(span);
    const during = this.#load.within([span]);
    return {
      name: attack.name,
      requests: tally.requests,
      answers: tally.answers,
      before: percentile(this.#load.within(this.#calm), 0.99),
      during: percentile(during, 0.99),
      failed: during.flatMap(({ failed }) => (failed === "" ? [] : [failed])),
      memoryBefore,
      memoryAfter: memoryOf(this.pid),
    };
  }

  state(): Promise<ServerState> {
    return stateOf(this.pid, this.#client);
  }

  /** Waits until nothing of the attacks is held any more, or until it must be. */
  async end(start: ServerState): Promise<ServerState> {
    const until = performance.now() + returnMsMax;
    for (;;) {
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
    return this.#cluster.process.exitCode === null && productOf(this.#cluster) === this.pid
      ? ""
      : this.#cluster.said();
  }

  outcome(rows: readonly Row[], start: ServerState, end: ServerState): Outcome {
    const { samples } = this.#load;
    return {
      rows,
      start,
      end,
      before: percentile(this.#load.within(this.#calm), 0.99),
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
  const { attacks, seconds, seed, say } = options;
  const share = (seconds * 1000 * (1 - calmShare)) / attacks.length;
  await besieged.calm(seconds * 1000 * calmShare);
  const start = await besieged.state();
  const rows: Row[] = [];
  for (const [index, attack] of attacks.entries()) {
    const row = await besieged.endure(attack, share * attackShare, seed + index);
    rows.push(row);
    say?.(attack.name);
    if (besieged.died() !== "") break;
    await pause(share * (1 - attackShare));
  }
  const end = besieged.died() === "" ? await besieged.end(start) : start;
  return besieged.outcome(rows, start, end);
}

/** Throws when the server cannot be started, or an attack does not end. */
export async function siege(options: SiegeOptions): Promise<Outcome> {
  const cluster = await startCluster(["--runtime", "simulated", "--nodes", "1"]);
  try {
    const kubeconfig = readKubeconfig(readFileSync(cluster.kubeconfig, "utf8"));
    const client = clientFromKubeconfig(kubeconfig, { userAgent: "siege" });
    await prepare(client);
    const besieged = new Besieged(cluster, client);
    try {
      return await besiege(besieged, options);
    } finally {
      await besieged.stop();
    }
  } finally {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  }
}
