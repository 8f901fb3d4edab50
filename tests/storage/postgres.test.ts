import { afterAll, beforeAll } from "bun:test";
import { openPostgresStorage } from "#storage/postgres/postgres.ts";
import { storageSuite } from "../suites/storage.ts";
import { type ThrowawayPostgres, throwawayPostgres } from "./throwaway-postgres.ts";

let server: ThrowawayPostgres;
beforeAll(async () => {
  server = await throwawayPostgres();
}, 60_000);
afterAll(() => server.end(), 60_000);

storageSuite("postgres", async () => openPostgresStorage({ url: await server.emptied() }));
