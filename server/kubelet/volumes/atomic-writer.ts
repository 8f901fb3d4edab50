/**
 * Upstream's atomic writer: readers see all files of the old payload or all of the new.
 *
 *   <dir>/..2026_01_01_x/a   the files
 *   <dir>/..data -> ..2026_01_01_x      swapped by one rename
 *   <dir>/a -> ..data/a                 what the user sees
 */
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Payload } from "./payload.ts";

const dataLink = "..data";
const newDataLink = "..data_tmp";

/** Does nothing when the volume already holds exactly this. Returns whether it wrote. */
export async function writePayload(
  directory: string,
  payload: Payload,
  fsGroup: number | undefined,
): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const old = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (old !== undefined && (await holds(join(directory, old), payload))) return false;
  const stage = await mkdtemp(join(directory, "..data-"));
  await chmod(stage, 0o755);
  for (const [path, file] of payload) await writeOne(join(stage, path), file, fsGroup);
  await swap(directory, stage.slice(directory.length + 1));
  await linkVisible(directory, payload);
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true });
  return true;
}

async function writeOne(
  path: string,
  file: { readonly data: Uint8Array; readonly mode: number; readonly uid?: number | undefined },
  fsGroup: number | undefined,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.data);
  // Read for the group, as upstream's SetVolumeOwnership of a read-only volume.
  const mode = fsGroup === undefined ? file.mode : file.mode | 0o440;
  if (file.uid !== undefined || fsGroup !== undefined) {
    await chown(path, file.uid ?? 0, fsGroup ?? 0);
  }
  await chmod(path, mode);
}

async function holds(directory: string, payload: Payload): Promise<boolean> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  if (entries.filter((entry) => entry.isFile()).length !== payload.size) return false;
  for (const [path, { data }] of payload) {
    const found = await readFile(join(directory, path)).catch(() => undefined);
    if (found === undefined || !found.equals(data)) return false;
  }
  return true;
}

async function swap(directory: string, stage: string): Promise<void> {
  const next = join(directory, newDataLink);
  await rm(next, { force: true });
  await symlink(stage, next);
  await rename(next, join(directory, dataLink));
}

async function linkVisible(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0] ?? path));
  for (const name of wanted) {
    const path = join(directory, name);
    const present = await lstat(path).catch(() => undefined);
    if (present === undefined) await symlink(join(dataLink, name), path);
  }
  for (const name of await readdir(directory)) {
    if (!name.startsWith("..") && !wanted.has(name))
      await rm(join(directory, name), { force: true });
  }
}
