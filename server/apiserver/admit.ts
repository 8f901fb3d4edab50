/** The admission chain around one write: every plugin may change the draft, then every one may refuse. */
import { badRequest } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from "./attributes.ts";
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

/**
 * A connection to a node, pod or service, which admission may refuse. `kind`: of its options, which stand in the
 * query (`PodExecOptions`). Throws BadRequest for a dry run: a connection cannot be tried without being made.
 */
export async function admitConnect(server: ServerContext, call: Call, kind: string): Promise<void> {
  if ((call.query?.get("dryRun") ?? "") !== "") throw badRequest("dryRun is not supported");
  const { name } = call.info;
  const object = { apiVersion: "v1", kind, metadata: { name: "" }, ...optionsOf(call.query) };
  const admitted = { operation: "CONNECT", object, old: undefined, name, dryRun: false } as const;
  const attributes = attributesOf(call, admitted);
  await mutate(server, attributes);
  await validate(server, attributes);
}

function optionsOf(query: Call["query"]): Record<string, unknown> {
  const entries = [...new Set(query?.keys() ?? [])].map((name) => {
    const all = query?.getAll(name) ?? [];
    return [name, name === "command" || name === "ports" ? all : all[0]] as const;
  });
  return Object.fromEntries(entries);
}

/** The plugins that a resource concerns, looked for once: most have to do with one or two. */
const chains = new WeakMap<
  readonly AdmissionPlugin[],
  WeakMap<Resource, readonly AdmissionPlugin[]>
>();

function pluginsFor(
  admission: readonly AdmissionPlugin[],
  resource: Resource,
): readonly AdmissionPlugin[] {
  const known = chains.get(admission) ?? new WeakMap<Resource, readonly AdmissionPlugin[]>();
  if (!chains.has(admission)) chains.set(admission, known);
  const hit = known.get(resource);
  if (hit !== undefined) return hit;
  const { group, plural } = resource.ref;
  const concerned = admission.filter(
    ({ concerns }) =>
      concerns === undefined ||
      concerns.some((ref) => ref.group === group && ref.plural === plural),
  );
  known.set(resource, concerned);
  return concerned;
}

export async function mutate(
  { admission }: ServerContext,
  attributes: AdmissionAttributes,
): Promise<void> {
  for (const plugin of pluginsFor(admission, attributes.resource)) {
    const pending = plugin.mutate?.(attributes);
    if (pending !== undefined) await pending;
  }
}

export async function validate(
  { admission }: ServerContext,
  attributes: AdmissionAttributes,
): Promise<void> {
  for (const plugin of pluginsFor(admission, attributes.resource)) {
    const pending = plugin.validate?.(attributes);
    if (pending !== undefined) await pending;
  }
}
