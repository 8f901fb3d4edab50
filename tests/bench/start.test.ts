import { expect, test } from "bun:test";
import { benchStart } from "./start.ts";

test("the start bench starts again, runs a pod and finds all processes", async () => {
  const lines: string[] = [];
  const size = { runtime: "simulated", starts: 1, idleMilliseconds: 0, objects: 100 } as const;
  await benchStart(size, (line) => lines.push(line));
  expect(lines[1]).toMatch(/API answers after +\d+\.\d\d s/);
  expect(lines[2]).toMatch(/Running after +\d+\.\d\d s/);
  expect(lines[3]).toMatch(/idle memory [1-9]\d* MiB: .*agent [1-9]\d*.*Postgres [1-9]/);
  expect(lines[4]).toMatch(/with 100 objects in the store after \d+\.\d\d s/);
}, 120_000);
