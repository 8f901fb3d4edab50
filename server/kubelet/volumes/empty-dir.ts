/** emptyDir volumes: a directory, or a tmpfs for `medium: Memory`; fsGroup gives it to a group. */
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { quantityValue } from "#apimachinery/quantity.ts";
import type { EmptyDirVolumeSource } from "#gen/api/core/v1.ts";

const run = promisify(execFile);

export async function isMounted(path: string): Promise<boolean> {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return table.split("\n").some((line) => line.split(" ")[4] === path);
}

export async function prepareEmptyDir(
  path: string,
  { medium, sizeLimit }: EmptyDirVolumeSource,
  fsGroup: number | undefined,
): Promise<void> {
  await mkdir(path, { recursive: true });
  if (medium === "Memory" && !(await isMounted(path))) {
    const size = sizeLimit === undefined ? [] : ["-o", `size=${quantityValue(sizeLimit)}`];
    await run("mount", ["-t", "tmpfs", ...size, "tmpfs", path]);
  }
  // Every user of the pod may write; with a group, new files are the group's (setgid).
  if (fsGroup !== undefined) await chown(path, 0, fsGroup);
  await chmod(path, fsGroup === undefined ? 0o777 : 0o2777);
}

export async function unmount(path: string): Promise<void> {
  if (await isMounted(path)) await run("umount", [path]);
}
