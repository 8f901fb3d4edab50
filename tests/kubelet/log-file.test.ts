import { afterAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLogFile } from "#kubelet/logs/log-file.ts";
import { wholeLog } from "#kubelet/logs/log-line.ts";

const directory = mkdtempSync(join(tmpdir(), "kubun-log-"));
afterAll(() => rmSync(directory, { recursive: true }));

const line = (text: string): string => `2026-01-01T00:00:00.000000000Z stdout F ${text}\n`;

test("the last lines are those of the file as it was when they were asked for", async () => {
  const path = join(directory, "0.log");
  writeFileSync(path, ["one", "two", "three"].map(line).join(""));
  const log = readLogFile(path, { ...wholeLog, tailLines: 2 }, undefined);
  const seen: string[] = [];
  for await (const bytes of log) {
    seen.push(new TextDecoder().decode(bytes));
    if (seen.length === 1) appendFileSync(path, line("later"));
  }
  expect(seen).toEqual(["two\n", "three\n"]);
});
