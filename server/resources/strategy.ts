/** Strategies that most resources share. */
import type { KubeObject, ObjectMeta } from "#gen/api/meta/v1.ts";

interface WithStatus extends KubeObject {
  status?: unknown;
}

/** The main resource does not change status: only /status does. */
export function keepStatus(object: WithStatus, old: WithStatus): void {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
}

/** What a status update may not change of metadata, where upstream keeps it from metadata: the rest is still the client's. */
const keptByStatus = [
  "annotations",
  "deletionTimestamp",
  "finalizers",
  "generation",
  "labels",
  "ownerReferences",
  "selfLink",
] as const;

/** In place. */
export function keepMetadata(metadata: ObjectMeta, old: ObjectMeta): void {
  for (const field of keptByStatus)
    if (old[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: old[field] });
}
