/** What the besieged process holds: whether it lives, its memory, its connections, its watches. */
import { readdirSync, readFileSync } from "node:fs";
import type { Client } from "#client/client.ts";

export interface ServerState {
  /** MiB of resident memory. */
  readonly memory: number;
  /** Open sockets. */
  readonly sockets: number;
  /** Watches that it serves. */
  readonly watches: number;
  readonly inflight: number;
  /** Bytes of what a scrape answers: a label that a client can choose shows here first. */
  readonly scraped: number;
}

export function memoryOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** Of Linux, everywhere that matters. */
const ticksPerSecond = 100;

/** Seconds of processor time so far, of all its threads. */
export function processorOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Milliseconds that its first thread, the event loop, has worked so far; NaN where the system does not tell. */
export function loopTimeOf(pid: number): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** Throws when the process is gone or does not answer. */
export async function stateOf(pid: number, client: Client): Promise<ServerState> {
  const text = await (await client.raw("/metrics")).text();
  const gauge = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
  return {
    memory: memoryOf(pid),
    sockets: readdirSync(`/proc/${pid}/fd`).length,
    watches: gauge(/^apiserver_longrunning_requests\{[^}]*\} (\d+)/gm),
    inflight: gauge(/^apiserver_current_inflight_requests\{[^}]*\} (\d+)/gm),
    scraped: text.length,
  };
}
