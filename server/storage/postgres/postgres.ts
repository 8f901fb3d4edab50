/** The store on Postgres. */

import { openStorage } from "#storage/database-storage.ts";
import type { Storage } from "#storage/storage.ts";
import { applyMigrations } from "./migrate.ts";
import { PostgresDatabase } from "./postgres-database.ts";

/** `url` may name several hosts, "postgres://u:p@a,b:5433/db": the one that is no standby is used. */
export async function openPostgresStorage({ url }: { readonly url: string }): Promise<Storage> {
  await applyMigrations(url);
  return openStorage(new PostgresDatabase(url));
}
