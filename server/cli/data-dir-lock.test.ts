import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { holdDataDir } from "./data-dir-lock.ts";

test("a directory is held by one living process", () => {
  const directory = mkdtempSync(join(tmpdir(), "kubun-lock-"));
  const file = join(directory, "kubun.pid");
  const release = holdDataDir(directory);
  expect(readFileSync(file, "utf8")).toStartWith(`${process.pid} `);
  release();
  const stat = readFileSync("/proc/1/stat", "utf8");
  const begin = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  writeFileSync(file, `1 ${begin}\n`);
  expect(() => holdDataDir(directory)).toThrow("is in use by process 1");
  // The number is another's by now, or nobody's.
  for (const stale of ["1 0\n", "999999999 5\n", ""]) {
    writeFileSync(file, stale);
    holdDataDir(directory)();
  }
  writeFileSync(join(directory, "file"), "");
  expect(() => holdDataDir(join(directory, "file"))).toThrow("cannot keep anything in");
  rmSync(directory, { recursive: true });
});
