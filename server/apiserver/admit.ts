/** The admission chain around one write: every plugin may change the draft, then every one may refuse. */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { AdmissionAttributes, AdmissionOperation } from "./attributes.ts";
import type { Call, ServerContext } from "./call.ts";

export interface Admitted {
  readonly operation: AdmissionOperation;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly name: string;
  readonly dryRun: boolean;
}

export function attributesOf(call: Call, admitted: Admitted): AdmissionAttributes {
  const { endpoint, info, user, warnings } = call;
  return {
    ...admitted,
    resource: endpoint.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    user,
    warn: (warning) => warnings.push(warning),
  };
}

export async function mutate(
  { admission }: ServerContext,
  attributes: AdmissionAttributes,
): Promise<void> {
  for (const plugin of admission) {
    const pending = plugin.mutate?.(attributes);
    if (pending !== undefined) await pending;
  }
}

export async function validate(
  { admission }: ServerContext,
  attributes: AdmissionAttributes,
): Promise<void> {
  for (const plugin of admission) {
    const pending = plugin.validate?.(attributes);
    if (pending !== undefined) await pending;
  }
}
