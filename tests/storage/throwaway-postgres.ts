/** An embedded Postgres in a folder of its own, and empty databases in it. */
import { rm } from "node:fs/promises";
import { connect } from "#storage/postgres/connect.ts";
import { startEmbeddedPostgres } from "#storage/postgres/embedded.ts";
import { silent } from "#telemetry/log.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { freePort } from "#tests/support/free-port.ts";

export interface ThrowawayPostgres {
  readonly url: string;
  /** On the loopback address, where it was asked for. */
  readonly port: number | undefined;
  /** The URL of a new, empty database. */
  database(): Promise<string>;
  /** The same database each time, emptied: cheaper than a new one. */
  emptied(): Promise<string>;
  end(): Promise<void>;
}

export async function throwawayPostgres(
  options: { readonly port?: boolean } = {},
): Promise<ThrowawayPostgres> {
  const dataDir = temporaryDataDir();
  const port = options.port === true ? await freePort() : undefined;
  const server = await startEmbeddedPostgres({
    dataDir,
    log: silent,
    ...(port === undefined ? {} : { port }),
  });
  let made = 0;
  return {
    url: server.url,
    port,
    async database() {
      made += 1;
      const name = `t${made}`;
      const sql = connect(server.url, { max: 1 });
      await sql.unsafe(`create database ${name}`);
      await sql.end();
      return server.url.replace("/kubun?", `/${name}?`);
    },
    async emptied() {
      const sql = connect(server.url, { max: 1 });
      await sql.unsafe("drop schema if exists kubun, kubun_migrations cascade");
      await sql.end();
      return server.url;
    },
    async end() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
