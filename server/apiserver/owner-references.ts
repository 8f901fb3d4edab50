/** Owners that an object names twice: the second mention goes, and the client is told (upstream's dedupOwnerReferences). */
import type { KubeObject, OwnerReference } from "#gen/api/meta/v1.ts";
import type { Call } from "./call.ts";

/** Equal where the references are: one look-up each, since a body holds tens of thousands. */
function textOf(owner: OwnerReference): string {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion]);
}

/** `when` says at which point of the request it was seen. */
export function dropDoubleOwners(call: Call, { metadata }: KubeObject, when = ""): void {
  const owners = metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const seen = new Set<string>();
  const kept: typeof owners = [];
  const doubles: string[] = [];
  for (const owner of owners) {
    const text = textOf(owner);
    if (seen.has(text)) doubles.push(owner.uid ?? "");
    else kept.push(owner);
    seen.add(text);
  }
  if (doubles.length === 0) return;
  metadata.ownerReferences = kept;
  call.warnings.push(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${doubles.join(", ")}`,
  );
}

export const afterAdmission = " after mutating admission happens";
