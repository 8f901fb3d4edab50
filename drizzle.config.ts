import { defineConfig } from "drizzle-kit";

/** `npx drizzle-kit generate` writes the next migration; a migration once committed is never edited. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./server/storage/postgres/schema.ts",
  out: "./migrations",
});
