import { expect, test } from "bun:test";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import { benchStore, measureWrites } from "./store.ts";

test("the store bench counts what it wrote", async () => {
  const storage = openMemoryStorage();
  const figures = await measureWrites(storage, { writers: 4, milliseconds: 20, bytes: 300 });
  const { objects, head } = await storage.snapshot();
  expect(figures.writes).toBe(head.revision);
  expect(figures.latencies).toHaveLength(figures.writes + figures.conflicts);
  expect(JSON.stringify(objects[0]?.object).length).toBeGreaterThan(280);
});

test("the store bench prints a line a size, on Postgres", async () => {
  const lines: string[] = [];
  const size = { milliseconds: 50, bytes: 1_024 };
  await benchStore(
    [1, 8].map((writers) => ({ ...size, writers })),
    (line) => lines.push(line),
  );
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toMatch(/[1-9]\d* writes\/s .* batches of /);
}, 60_000);
