/** What admission plugins are made of, and how they look at a request's objects. */
import type { ApiError } from "#apimachinery/status.ts";
import { forbidden } from "#apimachinery/status.ts";
import type { AdmissionAttributes, Authorizer } from "#apiserver/attributes.ts";
import type { RbacIndex } from "#apiserver/authorization/rbac-index.ts";
import type { Randomness } from "#apiserver/call.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { WatchCache } from "#storage/watch-cache.ts";

export interface AdmissionParts {
  readonly cache: Pick<WatchCache, "get" | "list" | "fresh" | "write">;
  readonly authorizer: Authorizer;
  readonly rbac: RbacIndex;
  readonly randomness: Randomness;
}

export function isOf(attributes: AdmissionAttributes, ref: ResourceRef): boolean {
  const { group, plural } = attributes.resource.ref;
  return group === ref.group && plural === ref.plural;
}

/** The new object, when the request is about this resource itself (no subresource). */
export function draftOf<T extends KubeObject>(
  attributes: AdmissionAttributes,
  ref: ResourceRef<T>,
): T | undefined {
  if (!isOf(attributes, ref) || attributes.subresource !== "") return undefined;
  // The request's resource decides its object's type.
  return attributes.object as T | undefined;
}

/** The present object under the request's name, whatever the subresource. */
export function oldOf<T extends KubeObject>(
  attributes: AdmissionAttributes,
  ref: ResourceRef<T>,
): T | undefined {
  if (!isOf(attributes, ref)) return undefined;
  // As above.
  return attributes.old as T | undefined;
}

/** `pods "web" is forbidden: <why>` */
export function refused({ resource, name, object }: AdmissionAttributes, why: string): ApiError {
  const { group, plural } = resource.ref;
  // No name is generated yet: what it will begin with says enough.
  const { metadata } = object ?? {};
  const called = name || metadata?.name || metadata?.generateName || "Unknown";
  return forbidden({ group, resource: plural, name: called }, why);
}
