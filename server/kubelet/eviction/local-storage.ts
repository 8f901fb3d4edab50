/** Pods that wrote more to their node's disk than they may: upstream's local storage eviction, with its words. Pure. */
import { quantityValue } from "#apimachinery/quantity.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { isSidecar } from "#kubelet/pod-runtime.ts";

const resource = "ephemeral-storage";

/** Bytes on disk. */
export interface PodDisk {
  /** By container: its writable layer and its logs. */
  readonly containers: ReadonlyMap<string, number>;
  /** By volume; tmpfs is memory and stands here not. */
  readonly emptyDirs: ReadonlyMap<string, number>;
}

const limitOf = (limits: Readonly<Record<string, string>> | undefined): string | undefined =>
  limits?.[resource];

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

export const diskOf = ({ containers, emptyDirs }: PodDisk): number =>
  sum(containers.values()) + sum(emptyDirs.values());

const lasting = ({ spec }: Pod) => [
  ...spec.containers,
  ...(spec.initContainers ?? []).filter(isSidecar),
];

/** Whether it is worth measuring. */
export function hasDiskLimits(pod: Pod): boolean {
  return (
    (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
    lasting(pod).some(({ resources }) => limitOf(resources?.limits) !== undefined)
  );
}

/** Why this pod is to go; undefined: it keeps to its limits. */
export function diskExcess(pod: Pod, disk: PodDisk): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const most = emptyDir?.sizeLimit;
    if (most === undefined || quantityValue(most) === 0) continue;
    if ((disk.emptyDirs.get(name) ?? 0) > quantityValue(most))
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${most}". `;
  }
  const limited = lasting(pod).flatMap(({ name, resources }) => {
    const limit = limitOf(resources?.limits);
    return limit === undefined ? [] : { name, limit };
  });
  const total = sum(limited.map(({ limit }) => quantityValue(limit)));
  if (limited.length > 0 && limited.length === lasting(pod).length && diskOf(disk) > total)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${total}. `;
  for (const { name, limit } of limited) {
    if ((disk.containers.get(name) ?? 0) > quantityValue(limit))
      return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}
