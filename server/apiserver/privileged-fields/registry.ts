/** Every rule on fields that only some may set: one line each. */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { claimAdminAccess, claimStatusAdminAccess, templateAdminAccess } from "./admin-access.ts";
import { claimBinding, claimDeviceStatus } from "./claim-status.ts";
import type { PrivilegedField, Write } from "./privileged-field.ts";

const rules: readonly PrivilegedField[] = [
  claimAdminAccess,
  templateAdminAccess,
  claimStatusAdminAccess,
  claimBinding,
  claimDeviceStatus,
];

const idOf = (group: string, plural: string, subresource: string): string =>
  `${group}/${plural}/${subresource}`;

const byResource: ReadonlyMap<string, readonly PrivilegedField[]> = Map.groupBy(
  rules,
  ({ concerns: { group, plural }, subresource }) => idOf(group, plural, subresource),
);

/** undefined: nobody needs a right for any field of it. */
export function privilegeFaults(
  server: ServerContext,
  call: Call,
  write: Write<KubeObject>,
): Promise<readonly FieldError[]> | undefined {
  const { group, plural } = call.endpoint.resource.ref;
  const concerned = byResource.get(idOf(group, plural, call.info.subresource));
  if (concerned === undefined) return undefined;
  return Promise.all(concerned.map((rule) => rule.faults(server, call, write))).then((all) =>
    all.flat(),
  );
}
