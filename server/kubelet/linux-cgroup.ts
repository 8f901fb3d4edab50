/** The pod's own cgroup, which the runtime makes as the parent of its containers and nobody removes. */
import { access, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#gen/api/core/v1.ts";
import { cgroupParent } from "./linux-resources.ts";

const root = "/sys/fs/cgroup";

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Idempotent. A cgroup that still holds something stays; the next end of a pod tries again. */
export async function removePodCgroup(pod: Pod): Promise<void> {
  const unified = await exists(join(root, "cgroup.controllers"));
  const hierarchies = unified ? [root] : (await readdir(root)).map((name) => join(root, name));
  for (const hierarchy of hierarchies) {
    await rmdir(join(hierarchy, cgroupParent(pod))).catch(() => {});
  }
}
