import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

test("server/gen is what npm run gen writes", () => {
  const script = join(import.meta.dirname, "../../proto/generate.ts");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(`${status} ${stderr}`).toBe("0 ");
}, 60_000);
