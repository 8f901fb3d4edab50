/** The second runtime: module and host on Deno, held against the same recordings. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { storageTraces } from "./traces.ts";

const root = join(import.meta.dirname, "../..");

test("the scheduler thinks on Deno as on Bun", () => {
  const deno = join(root, "node_modules/.bin/deno");
  const replay = ["run", "-A", "--no-check", "tests/scheduler/traces-main.ts", storageTraces];
  const { stdout, stderr } = spawnSync(deno, replay, { cwd: root, encoding: "utf8" });
  expect([stdout.trim(), stderr]).toEqual([
    "17 scenarios, 204 pods, 0 differences",
    expect.any(String),
  ]);
}, 120_000);
