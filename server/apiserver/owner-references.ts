/** Owners that an object names twice: the second mention goes, and the client is told (upstream's dedupOwnerReferences). */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Call } from "./call.ts";

/** `when` says at which point of the request it was seen. */
export function dropDoubleOwners(call: Call, { metadata }: KubeObject, when = ""): void {
  const owners = metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const kept: typeof owners = [];
  const doubles: string[] = [];
  for (const owner of owners)
    if (kept.some((other) => deepEqual(other, owner))) doubles.push(owner.uid ?? "");
    else kept.push(owner);
  if (doubles.length === 0) return;
  metadata.ownerReferences = kept;
  call.warnings.push(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${doubles.join(", ")}`,
  );
}

export const afterAdmission = " after mutating admission happens";
