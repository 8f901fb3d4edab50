/** Container logs are turned over before they fill the disk: upstream's sizes and names. */
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { NodeContext } from "#kubelet/node-context.ts";

/** Of one file, and of the files of one container with the one that is written. */
const bytesMax = 10 * 1024 * 1024;
const filesMax = 5;

/** `reopen` makes the runtime write to the path anew. */
export async function rotateLog(
  path: string,
  now: Date,
  reopen: () => Promise<void>,
): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size <= bytesMax) return;
  const time = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const aside = `${path}.${time.slice(0, 8)}-${time.slice(8)}`;
  await rename(path, aside);
  await reopen().catch(async (error: unknown) => {
    await rename(aside, path);
    throw error;
  });
  const older = await rotatedLogs(path);
  for (const old of older.slice(0, Math.max(0, older.length - filesMax + 1))) await rm(old);
}

/** Of each container of the pod that runs. */
export async function rotatePodLogs(node: NodeContext, uid: string): Promise<void> {
  const { runtime, state, clock } = node;
  for (const { id, logPath, state: now } of (await state.read(uid)).containers) {
    if (now !== "running" || logPath === "") continue;
    await rotateLog(logPath, clock.now(), () => runtime.reopenContainerLog(id));
  }
}

/** Oldest first. */
async function rotatedLogs(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const own = names.filter((name) => name.startsWith(`${basename(path)}.`)).sort();
  return own.map((name) => join(dirname(path), name));
}

export async function removeLogs(path: string): Promise<void> {
  for (const one of [path, ...(await rotatedLogs(path))]) await rm(one, { force: true });
}
