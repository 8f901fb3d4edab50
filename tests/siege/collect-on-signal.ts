/**
 * Loaded ahead of the besieged server (BUN_OPTIONS=--preload): it collects its garbage on SIGUSR2. What is left is
 * what it holds; when the runtime collects by itself is its own affair, and takes minutes on a busy machine. Where
 * SIEGE_HEAP names a file, what is held is written there.
 */

import { heapStats } from "bun:jsc";
import { renameSync, writeFileSync } from "node:fs";
import process from "node:process";

process.on("SIGUSR2", () => {
  Bun.gc(true);
  const file = process.env["SIEGE_HEAP"];
  if (file === undefined) return;
  Bun.gc(true);
  // Whoever waits for the file reads all of it.
  writeFileSync(`${file}.new`, JSON.stringify(heapStats()));
  renameSync(`${file}.new`, file);
});
