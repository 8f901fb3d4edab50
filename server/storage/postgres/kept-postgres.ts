/** The embedded Postgres, started again when its process ends while we need it: it recovers from its own log. */
import { setTimeout as pause } from "node:timers/promises";
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";

/** Its end is told by nothing when it was adopted, so it is looked at; a write is tried again for far longer. */
const lookEveryMs = 500;
/** Where it cannot start (a full disk) it is tried until it can. */
const retryMs = 2_000;

/** Has no process of its own to name: there may be several, one after the other. */
export type KeptPostgres = Pick<EmbeddedPostgres, "url" | "stop">;

export async function keepEmbeddedPostgres(options: EmbeddedOptions): Promise<KeptPostgres> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let current = await startEmbeddedPostgres(options);

  async function again(): Promise<void> {
    const { pid } = current;
    options.log.error("Postgres ended and is started again", { pid });
    while (!signal.aborted) {
      try {
        current = await startEmbeddedPostgres(options);
        return;
      } catch (error) {
        options.log.error("Postgres does not start", { error: String(error) });
        await rest(retryMs);
      }
    }
  }
  const rest = (ms: number): Promise<void> => pause(ms, undefined, { signal }).catch(() => {});
  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await rest(lookEveryMs);
      if (!signal.aborted && !(await current.alive())) await again();
    }
  }

  const keeping = keep();
  return {
    url: current.url,
    async stop() {
      stopping.abort();
      await keeping;
      await current.stop();
    },
  };
}
