/** PATCH with application/apply-patch+yaml: server-side apply, which also creates. */
import { ApiError, badRequest, conflict, notFound } from "#apimachinery/status.ts";
import { forbiddenRequest } from "#apiserver/authorization/authorizer.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { inVersion } from "#apiserver/encoding/object-encoding.ts";
import { named } from "#apiserver/endpoint.ts";
import { breath } from "#apiserver/fairness/breath.ts";
import { appliedObject, type Managed } from "#apiserver/field-management/apply-object.ts";
import { asFields, versionsOf } from "#apiserver/field-management/versions-of.ts";
import { applyOptions, readMap, restartWarnings } from "#apiserver/request-body.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Stored } from "#storage/storage.ts";
import { createObject } from "./create.ts";
import { defaulted } from "./defaulted.ts";
import { guaranteedUpdate } from "./guaranteed-update.ts";
import { meetUrl, type UpdateRules } from "./update.ts";
import { type Written, writtenResponse } from "./written.ts";

export const applyContentType = "application/apply-patch+yaml";

export interface ReadConfiguration {
  readonly config: Readonly<Record<string, unknown>>;
  readonly doubles: readonly string[];
}

/** The body of an apply. Throws BadRequest. */
export async function readConfiguration({ request, user }: Call): Promise<ReadConfiguration> {
  try {
    const { value, doubles } = await readMap({ request, user });
    return { config: value, doubles };
  } catch (error) {
    if (!(error instanceof ApiError && error.status.reason === "BadRequest")) throw error;
    throw badRequest(`error decoding patch: ${error.message}`);
  }
}

/** Keys that stand twice: refused, warned of or let pass. Throws BadRequest. */
export function refuseDoubles(
  call: Call,
  doubles: readonly string[],
  validation: "Ignore" | "Warn" | "Strict",
): void {
  if (doubles.length === 0 || validation === "Ignore") return;
  if (validation === "Warn") {
    call.warnings.push(...doubles);
    return;
  }
  const lines = doubles.map((double) => `  ${double}`).join("\n");
  throw badRequest(
    `error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n${lines}`,
  );
}

function managedFrom(call: Call, stored: KubeObject): Managed {
  const metadata = { ...stored.metadata, managedFields: undefined };
  const object = asFields(inVersion(call.endpoint, { ...stored, metadata }));
  return { object, managedFields: stored.metadata.managedFields };
}

/** Who may apply may not therefore create. Throws Forbidden. */
async function mayCreate({ authorizer }: ServerContext, { info, user }: Call): Promise<void> {
  const attributes = { ...info, verb: "create", user };
  const { allowed, reason } = await authorizer.authorize(attributes);
  if (!allowed) throw forbiddenRequest(attributes, reason);
}

/** Who names a uid means an object that is there. Throws Conflict. */
function refuseUid({ endpoint, info }: Call, { metadata: { uid = "" } }: KubeObject): void {
  if (uid === "") return;
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  throw conflict(named(endpoint, info.name), why);
}

/** Apply under the given rules. */
export async function applyUnder(
  rules: UpdateRules,
  server: ServerContext,
  call: Call,
): Promise<Response> {
  const { dryRun, fieldValidation, manager, force } = applyOptions(call.query);
  const { config, doubles } = await readConfiguration(call);
  const { endpoint, info } = call;
  const versions = versionsOf(server, call);
  const apply = (live: Managed, isNew = false): KubeObject => {
    restartWarnings(call);
    const wanted = { config, manager, force, live, kind: endpoint.ref.kind };
    const object = appliedObject(server, call, versions, wanted);
    refuseDoubles(call, doubles, fieldValidation);
    if (isNew && info.subresource !== "") throw notFound(named(endpoint, info.name));
    if (isNew) refuseUid(call, object);
    meetUrl(call, object);
    if (endpoint.ref.namespaced) object.metadata.namespace = info.namespace;
    return defaulted(call, object, server.clock());
  };
  let created = false;
  const create = async (): Promise<Written> => {
    const draft = apply({ object: versions.own.zero, managedFields: undefined }, true);
    await mayCreate(server, call);
    created = true;
    draft.metadata.resourceVersion = undefined;
    return createObject(server, call, { draft, dryRun, managed: true });
  };
  const written = await guaranteedUpdate(server, call, {
    ...rules,
    draft: async ({ object }: Stored) => {
      await breath(call);
      return apply(managedFrom(call, object));
    },
    dryRun,
    whenAbsent: create,
    managed: true,
    reapplies: true,
  });
  return writtenResponse(server, call, created ? 201 : 200, written);
}
