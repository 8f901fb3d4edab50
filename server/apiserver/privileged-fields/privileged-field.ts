/**
 * Fields that only some may set: what upstream's strategies ask of the server, of the namespace or the authorizer,
 * while a resource's own rules see its objects alone. Their faults are told with the others.
 */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

export interface Write<T extends KubeObject> {
  readonly object: T;
  /** undefined: a create. */
  readonly old: T | undefined;
}

export interface PrivilegedField {
  readonly concerns: Pick<ResourceRef, "group" | "plural">;
  /** The subresource of the writes that it judges; "": the object itself. */
  readonly subresource: string;
  faults(
    server: ServerContext,
    call: Call,
    write: Write<KubeObject>,
  ): readonly FieldError[] | Promise<readonly FieldError[]>;
}

/** The resource that a rule concerns decides its objects' type. */
export function definePrivilegedField<T extends KubeObject>(
  concerns: ResourceRef<T>,
  subresource: string,
  faults: (
    server: ServerContext,
    call: Call,
    write: Write<T>,
  ) => readonly FieldError[] | Promise<readonly FieldError[]>,
): PrivilegedField {
  return {
    concerns,
    subresource,
    // The store holds no other kind under this resource.
    faults: (server, call, write) => faults(server, call, write as Write<T>),
  };
}
