/** Logs that grow are turned over, and the oldest go. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeLogs, rotateLog } from "#kubelet/logs/rotation.ts";

const directory = mkdtempSync(join(tmpdir(), "kubun-logs-"));
afterAll(() => rmSync(directory, { recursive: true }));
const log = join(directory, "0.log");

function grow(): void {
  writeFileSync(log, "");
  truncateSync(log, 10 * 1024 * 1024 + 1);
}

test("a log beyond ten MiB is put aside, five files are kept, and all of them go together", async () => {
  writeFileSync(log, "short\n");
  let reopened = 0;
  const reopen = async (): Promise<void> => {
    reopened += 1;
    writeFileSync(log, "");
  };
  await rotateLog(log, new Date(), reopen);
  expect(reopened).toBe(0);
  for (let minute = 10; minute < 17; minute += 1) {
    grow();
    await rotateLog(log, new Date(`2026-01-02T03:${minute}:05Z`), reopen);
  }
  expect(reopened).toBe(7);
  const kept = ["13", "14", "15", "16"].map((minute) => `0.log.20260102-03${minute}05`);
  expect(readdirSync(directory).sort()).toEqual(["0.log", ...kept]);
  grow();
  const broken = rotateLog(log, new Date(), () => Promise.reject(new Error("no runtime")));
  await expect(broken).rejects.toThrow("no runtime");
  expect(readdirSync(directory)).toContain("0.log");
  await removeLogs(log);
  expect(readdirSync(directory)).toEqual([]);
});
