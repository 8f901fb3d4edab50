/**
 * One connection to Postgres that is thrown away when it breaks, client and all: bytes that postgres.js had
 * not sent by then it would send ahead of the next connection's greeting, and with several hosts out of
 * reach it would try them for ever without a word. Each new connection asks the next host of the URL.
 */
import { connect, hostsOf, type Sql } from "./connect.ts";
import { passes } from "./sqlstate.ts";

/** Between two tries to listen. */
const listenAgainMs = 500;

interface Address {
  readonly url: string;
  readonly host: string | undefined;
}

/** The URL's hosts one after the other, beginning anywhere. */
function* addresses(url: string): Generator<Address, never> {
  const hosts = hostsOf(url);
  for (let at = 0; ; at++) yield { url, host: hosts[at % hosts.length] };
}

export class Session {
  readonly #addresses: Generator<Address, never>;
  readonly #settings: Readonly<Record<string, string>> | undefined;
  #sql: Sql;
  #busy = 0;

  constructor(url: string, settings?: Readonly<Record<string, string>>) {
    this.#addresses = addresses(url);
    this.#settings = settings;
    this.#sql = this.#open();
  }

  /** Statements under way. */
  get busy(): number {
    return this.#busy;
  }

  /** Rejects with what postgres.js says; when that took `withinMs`, as if the connection were lost. */
  async run<T>(statement: (sql: Sql) => Promise<T>, withinMs?: number): Promise<T> {
    const sql = this.#sql;
    const timer = withinMs && setTimeout(() => this.#replace(sql), withinMs);
    this.#busy += 1;
    try {
      return await statement(sql);
    } catch (error) {
      // Where it was not the connection, a new one costs little and may reach another host.
      if (passes(error)) this.#replace(sql);
      throw error;
    } finally {
      this.#busy -= 1;
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }

  #open(): Sql {
    const { url, host } = this.#addresses.next().value;
    return connect(url, { max: 1, host, settings: this.#settings });
  }

  #replace(broken: Sql): void {
    if (this.#sql !== broken) return;
    this.#sql = this.#open();
    // What is under way on it is rejected with CONNECTION_DESTROYED.
    void broken.end({ timeout: 0 });
  }
}

/** Calls `heard` with each notice of a channel, and without one whenever some may have been missed. */
export function listen(
  url: string,
  channel: string,
  heard: (payload?: string) => void,
): () => Promise<void> {
  const hosts = addresses(url);
  const stopped = Promise.withResolvers<void>();
  let running = true;
  const run = async (): Promise<void> => {
    while (running) {
      const closed = Promise.withResolvers<void>();
      const sql = connect(url, {
        max: 1,
        host: hosts.next().value.host,
        onnotify: (_, payload) => heard(payload),
        onclose: () => closed.resolve(),
      });
      try {
        // A server that is neither there nor gone leaves the statement unanswered.
        await Promise.race([sql`listen ${sql(channel)}`, stopped.promise]);
        heard();
        await Promise.race([closed.promise, stopped.promise]);
      } catch {
        // Out of reach: whoever follows the log looks by itself meanwhile.
      }
      await sql.end({ timeout: 0 });
      if (running) await new Promise((resolve) => setTimeout(resolve, listenAgainMs));
    }
  };
  const ended = run();
  return async () => {
    running = false;
    stopped.resolve();
    await ended;
  };
}
