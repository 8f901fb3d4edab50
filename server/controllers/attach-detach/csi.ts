/** Names by which a CSI volume on a node is known: of its attachment, and in the status of the node. */
import { createHash } from "node:crypto";
import type { PersistentVolume } from "#gen/api/core/v1.ts";
import type { VolumeAttachment } from "#gen/api/storage/v1.ts";

export const csiPrefix = "kubernetes.io/csi/";

/** As kubelets compute it too. */
export function attachmentName(handle: string, driver: string, node: string): string {
  return `csi-${createHash("sha256").update(`${handle}${driver}${node}`).digest("hex")}`;
}

/** Of this form are ours; whoever made others looks after them. */
export function isOurs({ metadata }: VolumeAttachment): boolean {
  return /^csi-[0-9a-f]{64}$/.test(metadata.name);
}

/** As node.status names it; "" for a volume that is not of CSI. */
export function uniqueName({ spec }: PersistentVolume): string {
  return spec.csi === undefined ? "" : `${csiPrefix}${spec.csi.driver}^${spec.csi.volumeHandle}`;
}

/** Whether several nodes may have it at once; a volume that says nothing may. */
export function mayBeShared({ spec }: PersistentVolume): boolean {
  const modes = spec.accessModes ?? [];
  return modes.length === 0 || modes.some((it) => it === "ReadWriteMany" || it === "ReadOnlyMany");
}
