/** Brings the database to the newest migration, one process at a time. */
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import type { Sql } from "./connect.ts";
import { Session } from "./session.ts";
import { passes } from "./sqlstate.ts";

const folder = fileURLToPath(new URL("../../../migrations", import.meta.url));
/** Any number that no other program in the database locks. */
const migrationLock = 0x6b75_6275;

/** A server may start before its database does, or while that fails over. */
const databaseWaitMs = 15_000;
const retryMs = 250;

/** Safe to call by several processes at once, and when there is nothing to do. */
export async function applyMigrations(url: string): Promise<void> {
  const deadline = performance.now() + databaseWaitMs;
  // The lock belongs to the session, so all of it runs on one connection.
  const session = new Session(url);
  try {
    for (;;) {
      try {
        return await session.run(applyOn);
      } catch (error) {
        if (!passes(error) || performance.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  } finally {
    await session.end();
  }
}

async function applyOn(sql: Sql): Promise<void> {
  await sql`select pg_advisory_lock(${migrationLock}::bigint)`;
  await migrate(drizzle(sql), { migrationsFolder: folder, migrationsSchema: "kubun_migrations" });
}
