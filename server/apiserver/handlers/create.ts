/** POST: decode, default, admit, prepare, validate, write. */
import { makeAhead } from "#apimachinery/apply/created-set.ts";
import {
  ApiError,
  alreadyExists,
  badRequest,
  noUniqueName,
  plainFailure,
} from "#apimachinery/status.ts";
import { judgeAhead } from "#apimachinery/validate-object-meta.ts";
import { attributesOf, mutate, validate } from "#apiserver/admit.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { keyOf, named } from "#apiserver/endpoint.ts";
import { breath } from "#apiserver/fairness/breath.ts";
import { trackCreate } from "#apiserver/field-management/track.ts";
import { generatedName } from "#apiserver/names.ts";
import { afterAdmission, dropDoubleOwners } from "#apiserver/owner-references.ts";
import { privilegeFaults } from "#apiserver/privileged-fields/registry.ts";
import { createOptions, expectedOf, readObject } from "#apiserver/request-body.ts";
import { prepareForCreate, validateCreate, wipeSystemFields } from "#apiserver/strategy.ts";
import { hookOf, withAllocation } from "#apiserver/write-hooks.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { defaulted } from "./defaulted.ts";
import { type Written, writtenResponse } from "./written.ts";

/** Upstream tries a generated name this often before it answers AlreadyExists. */
const generatedNameTriesMax = 8;

/** The body's object in the stored version, defaulted; what it says of namespace must be the URL's. */
async function readDraft(
  server: ServerContext,
  call: Call,
  fieldValidation: "Ignore" | "Warn" | "Strict",
): Promise<KubeObject> {
  const { endpoint, info } = call;
  const object = await readObject(call, expectedOf(endpoint), fieldValidation);
  const { metadata } = object;
  const namespace = metadata.namespace ?? "";
  if (endpoint.ref.namespaced && namespace !== "" && namespace !== info.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  metadata.namespace = endpoint.ref.namespaced ? info.namespace : undefined;
  wipeSystemFields(object);
  return defaulted(call, object, server.clock());
}

/** Upstream's store refuses a version that it could have given, and drops every other text. */
function refuseVersion({ metadata }: KubeObject): void {
  const version = metadata.resourceVersion ?? "";
  metadata.resourceVersion = undefined;
  if (/^\d{1,20}$/.test(version) && Number(version) !== 0)
    throw plainFailure("resourceVersion should not be set on objects to be created");
}

/** Writes a prepared object. Throws AlreadyExists. */
async function write(server: ServerContext, call: Call, object: KubeObject): Promise<Written> {
  const { name } = object.metadata;
  const key = keyOf(call.endpoint, call.info.namespace, name);
  refuseVersion(object);
  const result = await server.cache.write({ op: "create", key, object });
  if (result.outcome === "written") return { object: result.stored.object, stored: result.stored };
  throw taken(server, call, object);
}

function taken(
  { cache }: ServerContext,
  { endpoint, info }: Call,
  { metadata: { name, generateName = "" } }: KubeObject,
): ApiError {
  const what = named(endpoint, name);
  const error = generateName === "" ? alreadyExists(what) : noUniqueName(what);
  const present = cache.get(keyOf(endpoint, info.namespace, name))?.object;
  if (present?.metadata.deletionTimestamp !== undefined)
    error.status.message = `object is being deleted: ${error.status.message}`;
  return error;
}

interface Creation {
  readonly draft: KubeObject;
  readonly dryRun: boolean;
  /** The draft already says who manages what: it comes from an apply. */
  readonly managed?: boolean;
}

/** One try under one name. */
async function createOnce(
  server: ServerContext,
  call: Call,
  { draft, dryRun }: Creation,
): Promise<Written> {
  const admitted = {
    operation: "CREATE",
    object: draft,
    old: undefined,
    name: draft.metadata.name ?? "",
    dryRun,
  } as const;
  const attributes = attributesOf(call, admitted);
  const generateName = draft.metadata.generateName ?? "";
  if (generateName !== "" && (draft.metadata.name ?? "") === "") {
    const { namesAsGiven = false } = call.endpoint.resource;
    draft.metadata.name = namesAsGiven
      ? generateName
      : generatedName(generateName, server.randomness);
  }
  prepareForCreate(server, call, draft);
  draft.metadata.name ??= "";
  const hook = hookOf(server.hooks, call.endpoint.resource.ref);
  const checkAndWrite = async (): Promise<Written> => {
    for (const _ of judgeAhead(draft.metadata)) await breath(call);
    await breath(call);
    const faults = privilegeFaults(server, call, { object: draft, old: undefined });
    validateCreate(call, draft, faults === undefined ? [] : await faults);
    await breath(call);
    await validate(server, attributes);
    return dryRun ? tryOut(server, call, draft) : write(server, call, draft);
  };
  const asked = { object: draft, old: undefined, dryRun };
  return withAllocation(hook, asked, checkAndWrite, () => true);
}

/** A dry run writes nothing. Throws AlreadyExists. */
function tryOut(server: ServerContext, call: Call, draft: KubeObject): Written {
  const key = keyOf(call.endpoint, call.info.namespace, draft.metadata.name);
  if (server.cache.get(key) !== undefined) {
    throw taken(server, call, draft);
  }
  return { object: draft, stored: undefined };
}

/** Creates from a draft that belongs to the call; `respond` is left to the caller. */
export async function createObject(
  server: ServerContext,
  call: Call,
  { draft, dryRun, managed = false }: Creation,
): Promise<Written> {
  const generated =
    (draft.metadata.name ?? "") === "" && (draft.metadata.generateName ?? "") !== "";
  const admitted = { operation: "CREATE", object: draft, old: undefined, dryRun } as const;
  if (!managed) {
    dropDoubleOwners(call, draft);
    for (const _ of makeAhead({ ...draft })) await breath(call);
    trackCreate(server, call, draft);
  }
  await breath(call);
  await mutate(server, attributesOf(call, { ...admitted, name: draft.metadata.name ?? "" }));
  dropDoubleOwners(call, draft, afterAdmission);
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(server, call, { draft, dryRun });
    } catch (error) {
      const clash = error instanceof ApiError && error.status.reason === "AlreadyExists";
      if (!generated || !clash || attempt === generatedNameTriesMax) throw error;
      draft.metadata.name = "";
    }
  }
}

export const create: Handler = async (server, call) => {
  const expected = expectedOf(call.endpoint);
  const { dryRun, fieldValidation } = createOptions(call, expected);
  const draft = await readDraft(server, call, fieldValidation);
  const created = await createObject(server, call, { draft, dryRun });
  return writtenResponse(server, call, 201, created);
};
