/** One API server process as far as the store sees it: a connection, a storage and a watch cache; it can be killed. */

import type { Storage } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import type { Implementation } from "./implementation.ts";
import { Connection, type Server } from "./simulated-database.ts";
import { nodeOf } from "./truth.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Small, so that watchers fall behind it and compaction meets them. */
const ringSize = 4;

export const nodeIndex = {
  group: "",
  resource: "pods",
  name: "spec.nodeName",
  value: nodeOf,
};

export class Killed extends Error {}

/** One life of the process, from its start to its death. */
export class Session {
  readonly connection: Connection;
  readonly storage: Storage;
  readonly cache: WatchCache;
  readonly #death: Promise<never>;
  #die: (error: Killed) => void = () => undefined;

  constructor(parts: { connection: Connection; storage: Storage; cache: WatchCache }) {
    this.connection = parts.connection;
    this.storage = parts.storage;
    this.cache = parts.cache;
    this.#death = new Promise((_, reject) => {
      this.#die = reject;
    });
    this.#death.catch(() => undefined);
  }

  /** An answer, or the process' death. */
  answer<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([this.#death, promise]);
  }

  kill(): void {
    this.connection.kill();
    this.#die(new Killed());
  }
}

interface Parts {
  readonly time: VirtualTime;
  readonly server: Server;
  readonly implementation: Implementation;
}

export class Replica {
  readonly #parts: Parts;
  readonly #name: string;
  #boots = 0;
  session: Session | undefined;
  readonly errors: string[] = [];

  constructor(name: string, parts: Parts) {
    this.#name = name;
    this.#parts = parts;
  }

  /** Comes up when the database answers; does nothing when it is killed meanwhile. */
  async start(): Promise<void> {
    this.#boots += 1;
    const boot = this.#boots;
    while (boot === this.#boots && this.session === undefined) {
      try {
        await this.#open(boot);
      } catch {
        await this.#parts.time.sleep(50);
      }
    }
  }

  kill(): void {
    this.#boots += 1;
    this.session?.kill();
    this.session = undefined;
  }

  async #open(boot: number): Promise<void> {
    const { time, server, implementation } = this.#parts;
    const connection = new Connection(server, time, implementation);
    let batch = 0;
    const storage = await implementation.openStorage(connection, {
      timers: time,
      newBatchId: () => `${this.#name}-${boot}-${batch++}`,
      // So that both are tried: few writers who wait for each other, and batches that follow at once.
      ...(this.#name === "r2" ? { crowd: 0 } : {}),
    });
    const note = (message: string, fields?: object) => {
      this.errors.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger = { debug() {}, info() {}, warn() {}, error: note };
    const cache = await implementation.openWatchCache(storage, {
      timers: time,
      indexes: [nodeIndex],
      ringSize,
      logger,
    });
    if (boot !== this.#boots) return connection.kill();
    this.session = new Session({ connection, storage, cache });
  }
}
