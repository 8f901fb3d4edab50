/** hostPath volumes: the type's demand on the path, checked or met. */
import { mkdir, open, stat } from "node:fs/promises";
import type { HostPathVolumeSource } from "#gen/api/core/v1.ts";
import { ConfigError } from "#kubelet/downward.ts";

export async function prepareHostPath({ path, type = "" }: HostPathVolumeSource): Promise<void> {
  if (type === "") return;
  const found = await stat(path).catch(() => undefined);
  if (type === "DirectoryOrCreate" && found === undefined) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    return;
  }
  if (type === "FileOrCreate" && found === undefined) {
    const file = await open(path, "a", 0o644);
    await file.close();
    return;
  }
  const checks: Readonly<Record<string, () => boolean | undefined>> = {
    Directory: () => found?.isDirectory(),
    DirectoryOrCreate: () => found?.isDirectory(),
    File: () => found?.isFile(),
    FileOrCreate: () => found?.isFile(),
    Socket: () => found?.isSocket(),
    CharDevice: () => found?.isCharacterDevice(),
    BlockDevice: () => found?.isBlockDevice(),
  };
  if (checks[type]?.() !== true) {
    const noun = type.replace("OrCreate", "").toLowerCase();
    throw new ConfigError(`hostPath type check failed: ${path} is not a ${noun}`);
  }
}
