/** Brings the database to the newest migration, one process at a time. */
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { connect } from "./connect.ts";

const folder = fileURLToPath(new URL("../../../migrations", import.meta.url));
/** Any number that no other program in the database locks. */
const migrationLock = 0x6b75_6275;

/** Safe to call by several processes at once, and when there is nothing to do. */
export async function applyMigrations(url: string): Promise<void> {
  // The lock belongs to the session, so all of it runs on one connection.
  const sql = connect(url, { max: 1 });
  try {
    await sql`select pg_advisory_lock(${migrationLock}::bigint)`;
    await migrate(drizzle(sql), { migrationsFolder: folder, migrationsSchema: "kubun_migrations" });
  } finally {
    await sql.end({ timeout: 5 });
  }
}
