/** Compare-and-swap writes at the store's port, on a throwaway embedded Postgres with full durability. */

import { connect } from "#storage/postgres/connect.ts";
import { openPostgresStorage } from "#storage/postgres/postgres.ts";
import type { Key, Storage, Write } from "#storage/storage.ts";
import { throwawayPostgres } from "../storage/throwaway-postgres.ts";
import type { Bench } from "./main.ts";

export interface StoreSize {
  readonly writers: number;
  readonly milliseconds: number;
  /** Of each object, as JSON. */
  readonly bytes: number;
}

export interface StoreFigures {
  readonly writes: number;
  readonly conflicts: number;
  readonly milliseconds: number;
  /** Of one write, in milliseconds, sorted. */
  readonly latencies: readonly number[];
}

/** One write in this many goes to an object that all writers share, and mostly loses. */
const sharedEvery = 50;

/** Each writer creates an object of its own and updates it, each time from the revision it got. */
export async function measureWrites(storage: Storage, size: StoreSize): Promise<StoreFigures> {
  const latencies: number[] = [];
  let writes = 0;
  let conflicts = 0;
  const filler = "x".repeat(Math.max(0, size.bytes - 170));
  const run = `${Date.now().toString(36)}-${size.writers}`;
  const shared = { revision: 0 };
  const start = performance.now();
  const deadline = start + size.milliseconds;

  async function writer(id: number): Promise<void> {
    const own = { revision: 0 };
    for (let round = 1; performance.now() < deadline; round++) {
      const isShared = round % sharedEvery === 0;
      const target = isShared ? shared : own;
      const name = isShared ? `shared-${run}` : `writer-${run}-${id}`;
      const asked = performance.now();
      const result = await storage.write(swap(name, target.revision, filler));
      latencies.push(performance.now() - asked);
      if (result.outcome === "written") writes += 1;
      else conflicts += 1;
      const stands = result.outcome === "written" ? result.stored : result.current;
      target.revision = stands?.revision ?? 0;
    }
  }

  await Promise.all(Array.from({ length: size.writers }, (_, id) => writer(id)));
  const milliseconds = performance.now() - start;
  return { writes, conflicts, milliseconds, latencies: latencies.sort((a, b) => a - b) };
}

function swap(name: string, expected: number, filler: string): Write {
  const key: Key = { group: "", resource: "configmaps", namespace: "bench", name };
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "bench", creationTimestamp: "2026-01-01T00:00:00Z" },
    data: { filler },
  };
  return expected === 0 ? { op: "create", key, object } : { op: "update", key, expected, object };
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2);
}

export async function benchStore(
  sizes: readonly StoreSize[],
  print: (line: string) => void,
): Promise<void> {
  const server = await throwawayPostgres();
  const sql = connect(server.url, { max: 1 });
  const batchesSoFar = async () => {
    const rows = await sql<{ batch: string }[]>`select batch from kubun.head`;
    return Number(rows[0]?.batch);
  };
  try {
    const storage = await openPostgresStorage({ url: server.url });
    for (const size of sizes) {
      const before = await batchesSoFar();
      const figures = await measureWrites(storage, size);
      print(line(size, figures, (await batchesSoFar()) - before));
    }
    await storage.close();
  } finally {
    await sql.end();
    await server.end();
  }
}

function line(size: StoreSize, figures: StoreFigures, batches: number): string {
  const { writes, conflicts, milliseconds, latencies } = figures;
  const rate = Math.round((writes * 1_000) / milliseconds);
  const each = ((writes + conflicts) / batches).toFixed(1);
  return [
    `${size.writers} writers of ${size.bytes} B: ${rate} writes/s`,
    `(${writes} writes, ${conflicts} conflicts, ${batches} batches of ${each})`,
    `p50 ${at(latencies, 0.5)} ms, p99 ${at(latencies, 0.99)} ms`,
  ].join(" ");
}

export const store: Bench = {
  name: "store",
  run: (print) =>
    benchStore(
      [1, 16, 64, 256].map((writers) => ({ writers, milliseconds: 4_000, bytes: 1_024 })),
      print,
    ),
};
