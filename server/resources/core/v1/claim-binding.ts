/** What claims and volumes say of each other, for binder, scheduler, provisioners and quotas alike. */
import type { PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";

/** On a claim: it was bound once; what has gone since is lost. */
export const bindCompleted = "pv.kubernetes.io/bind-completed";
/** On a claim, by the scheduler: its first pod will run there. */
export const selectedNode = "volume.kubernetes.io/selected-node";
/** On either: the class, as it was named before there was a field; it counts more than the field. */
export const classAnnotation = "volume.beta.kubernetes.io/storage-class";

/** A claim or a volume; of a draft the spec may be missing. */
interface Classed {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly storageClassName?: string | undefined } | undefined;
}

/** "" for none. */
export function classNameOf({ metadata, spec }: Classed): string {
  return metadata.annotations?.[classAnnotation] ?? spec?.storageClassName ?? "";
}

/** One that says nothing, as opposed to one that says none. */
export function hasNoClass({ metadata, spec }: Classed): boolean {
  return (
    metadata.annotations?.[classAnnotation] === undefined && spec?.storageClassName === undefined
  );
}

/** The volume refers to this claim; without a uid by name alone. */
export function isReservedFor(
  { spec: { claimRef } }: PersistentVolume,
  { metadata }: PersistentVolumeClaim,
): boolean {
  if (claimRef === undefined) return false;
  if (claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return (claimRef.uid ?? "") === "" || claimRef.uid === metadata.uid;
}
