/** The reading thread: one job after the other, each answered by its ending. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort } from "node:worker_threads";
import { type Job, perform } from "./jobs.ts";

/** It gives way to the thread that answers everybody. */
const niceness = 5;

try {
  // On Linux priorities are a thread's own.
  setPriority(Number(basename(readlinkSync("/proc/thread-self"))), niceness);
} catch {
  // Elsewhere it shares what there is.
}

parentPort?.on("message", (job: Job) => {
  parentPort?.postMessage(perform(job));
});
