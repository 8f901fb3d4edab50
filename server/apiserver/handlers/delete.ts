/** DELETE of one object. */

import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type FieldError, invalidValue, notSupported, Path } from "#apimachinery/field-error.ts";
import { ApiError, badRequest, conflict, invalid, notFound } from "#apimachinery/status.ts";
import { attributesOf, mutate, validate } from "#apiserver/admit.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { objectResponse, storedResponse } from "#apiserver/encoding/entry-response.ts";
import { keyOf, named, storageFault } from "#apiserver/endpoint.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import { flag, integer, text } from "#apiserver/query.ts";
import { prepareBody, readBody, readObjectFrom } from "#apiserver/request-body.ts";
import { hookOf } from "#apiserver/write-hooks.ts";
import type { DeleteOptions, KubeObject } from "#gen/api/meta/v1.ts";
import type { Stored, WriteResult } from "#storage/storage.ts";
import { deletionOf, type Going, meetDeletePreconditions } from "./deletion.ts";

/** Two tries suffice for one writer; more for those who race with a controller's status updates. */
const triesMax = 10;

function fromQuery({ query }: Call): DeleteOptions {
  const dryRun = query?.getAll("dryRun");
  const uid = text(query, "uid");
  const resourceVersion = text(query, "resourceVersion");
  // A number that is named and empty is none.
  if (query?.get("gracePeriodSeconds") === "")
    throw badRequest('strconv.ParseInt: parsing "": invalid syntax');
  const isUnsafe = flag(query, "ignoreStoreReadErrorWithClusterBreakingPotential");
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    gracePeriodSeconds: integer(query, "gracePeriodSeconds"),
    orphanDependents: query?.has("orphanDependents") ? flag(query, "orphanDependents") : undefined,
    propagationPolicy: query?.get("propagationPolicy") ?? undefined,
    dryRun: dryRun === undefined || dryRun.length === 0 ? undefined : dryRun,
    ...(uid === "" && resourceVersion === ""
      ? {}
      : {
          preconditions: {
            ...(uid === "" ? {} : { uid }),
            ...(resourceVersion === "" ? {} : { resourceVersion }),
          },
        }),
    ...(isUnsafe ? { ignoreStoreReadErrorWithClusterBreakingPotential: true } : {}),
  };
}

/** A delete that does not look at the object goes with no wish about the object. */
function unsafeErrors(options: DeleteOptions): FieldError[] {
  const name = "ignoreStoreReadErrorWithClusterBreakingPotential";
  if (options[name] !== true) return [];
  const others = [
    "propagationPolicy",
    "orphanDependents",
    "gracePeriodSeconds",
    "preconditions",
  ] as const;
  return others
    .filter((other) => options[other] !== undefined)
    .map((other) => invalidValue(new Path(name), true, `cannot be set together with .${other}`));
}

function checkOptions(options: DeleteOptions): void {
  const errors = [];
  const { propagationPolicy: policy, orphanDependents, dryRun } = options;
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalidValue(
        new Path("propagationPolicy"),
        policy,
        "orphanDependents and deletionPropagation cannot be both set",
      ),
    );
  }
  const policies = ["Foreground", "Background", "Orphan"];
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(
      notSupported(new Path("propagationPolicy"), policy, [...policies, "nil"], "as given"),
    );
  }
  if (dryRun?.some((value) => value !== "All")) {
    errors.push(notSupported(new Path("dryRun"), dryRun, ["All"]));
  }
  errors.push(...unsafeErrors(options));
  const kind = { group: "meta.k8s.io", kind: "DeleteOptions" };
  if (errors.length > 0) throw invalid(kind, "", errors);
}

/** Throws Invalid. */
function checked({ endpoint, warnings }: Call, options: DeleteOptions): DeleteOptions {
  checkOptions(options);
  const { propagationWarning } = endpoint.resource;
  const { propagationPolicy, orphanDependents } = options;
  if (propagationWarning !== undefined && (propagationPolicy ?? orphanDependents) === undefined)
    warnings.push(propagationWarning);
  return options;
}

/** From the body, or from the query where there is none. Throws BadRequest or Invalid. */
export async function deleteOptions(call: Call): Promise<DeleteOptions> {
  const bytes = await readBody(call.request);
  if (bytes.length === 0) {
    return checked(call, fromQuery(call));
  }
  const expected = { apiVersion: versionOfOptions(bytes, call), kind: "DeleteOptions" };
  const body = await prepareBody(call, bytes, expected);
  const object: unknown = readOptions(() => readObjectFrom(call, body, expected, "Ignore"));
  // Of kind DeleteOptions, as readObjectFrom made sure.
  return checked(call, object as DeleteOptions);
}

const ofAnotherKind =
  /^(\S*) in version \S+ cannot be handled as a DeleteOptions: converting \((\w+)\./;
const unreadable = /^\S* in version \S+ cannot be handled as a DeleteOptions: /;

/** Upstream reads options apart from objects, and says only what is wrong with them. */
function readOptions<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.reason !== "BadRequest") throw error;
    const [, kind, version] = ofAnotherKind.exec(error.message) ?? [];
    throw badRequest(
      kind === undefined
        ? error.message.replace(unreadable, "")
        : `no kind "${kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
}

/** DeleteOptions is of every group: upstream takes whatever version a client names. */
function versionOfOptions(bytes: Uint8Array, { endpoint }: Call): string {
  const named = new TextDecoder().decode(bytes.subarray(0, 4096));
  const said = /"apiVersion"\s*:\s*"([^"\\]+)"/.exec(named)?.[1];
  if (said !== undefined) return said;
  const { apiVersion } = endpoint;
  if (apiVersion !== "v1" && named.includes(apiVersion)) return apiVersion;
  return named.includes("meta.k8s.io/v1") ? "meta.k8s.io/v1" : "v1";
}

interface Deleted {
  readonly object: KubeObject;
  readonly gone: boolean;
}

/** A delete that does not look at the object is for those alone that cannot be read. */
function unsafe(call: Call, { metadata: { namespace, name } }: KubeObject): Error {
  const why = "unsafe deletion is not allowed because the object is decodable from storage";
  const fault = storageFault(call.endpoint, { namespace, name }, why);
  return conflict(named(call.endpoint, name), fault);
}

/** An object whose last state differs from the stored one is written first: watchers see that it goes at once. */
async function writeDeletion(
  { cache }: ServerContext,
  { key, revision, object: old }: Stored,
  { object, now }: Going,
): Promise<WriteResult> {
  // The store stamps the revision on what it is given: the stored object is not ours to stamp.
  const stamped = () => ({ ...object, metadata: { ...object.metadata } });
  if (now && object === old)
    return cache.write({ op: "delete", key, expected: revision, object: stamped() });
  const marked = await cache.write({ op: "update", key, expected: revision, object: stamped() });
  if (!now || marked.outcome === "conflict") return marked;
  const expected = marked.stored.revision;
  const ended = await cache.write({ op: "delete", key, expected, object: stamped() });
  // Its node sees the mark, and may be the faster of the two to end it.
  const isGone = ended.outcome === "conflict" && !isSame(ended.current?.object, object);
  return isGone ? marked : ended;
}

const isSame = (one: KubeObject | undefined, { metadata }: KubeObject): boolean =>
  one?.metadata.uid === metadata.uid;

async function attempt(
  server: ServerContext,
  call: Call,
  options: DeleteOptions,
  current: Stored,
): Promise<Deleted | { readonly clash: Stored | undefined }> {
  const old = current.object;
  meetDeletePreconditions(call, old, options.preconditions);
  if (options.ignoreStoreReadErrorWithClusterBreakingPotential === true) throw unsafe(call, old);
  const dryRun = options.dryRun !== undefined && options.dryRun.length > 0;
  const { name } = old.metadata;
  const admitted = { operation: "DELETE", object: undefined, old, name, dryRun } as const;
  const attributes = attributesOf(call, admitted);
  await mutate(server, attributes);
  await validate(server, attributes);
  const going = deletionOf(server, call, old, options);
  if (dryRun) return { object: going.object, gone: going.now };
  if (!going.now && deepEqual(going.object, old)) return { object: old, gone: false };
  const result = await writeDeletion(server, current, going);
  if (result.outcome === "conflict") return { clash: result.current };
  if (going.now) await hookOf(server.hooks, call.endpoint.resource.ref)?.release(old);
  return { object: result.stored.object, gone: going.now };
}

function meets(call: Call, { object }: Stored, { preconditions }: DeleteOptions): boolean {
  try {
    meetDeletePreconditions(call, object, preconditions);
    return true;
  } catch {
    return false;
  }
}

/** Deletes or marks `name`. Throws NotFound, Conflict. */
export async function deleteObject(
  server: ServerContext,
  call: Call,
  options: DeleteOptions,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Deleted> {
  const key = keyOf(call.endpoint, namespace, name);
  let current: Stored | undefined = server.cache.get(key);
  let fresh = false;
  for (let tries = 1; tries <= triesMax; tries++) {
    // The cache may be behind other servers: no refusal by what it holds is final.
    if (!fresh && (current === undefined || !meets(call, current, options))) {
      await server.cache.fresh();
      current = server.cache.get(key);
    }
    if (current === undefined) throw notFound(named(call.endpoint, name));
    const outcome: Awaited<ReturnType<typeof attempt>> = await attempt(
      server,
      call,
      options,
      current,
    );
    if (!("clash" in outcome)) return outcome;
    current = outcome.clash;
    fresh = true;
  }
  throw conflict(named(call.endpoint, name), "the object kept changing while it was deleted");
}

/** Resources whose delete answers the object; the others answer a Status (upstream's ReturnDeletedObject). */
const answersObject = new Set([
  "/pods",
  "/services",
  "/podtemplates",
  "/persistentvolumes",
  "/persistentvolumeclaims",
  "/resourcequotas",
  "/serviceaccounts",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/volumeattributesclasses",
]);

/** Upstream: accepted, not done, where the client asked in the old way to wait for dependents. */
function statusCode({ gone }: Deleted, options: DeleteOptions): number {
  if (gone || (options.dryRun ?? []).length > 0) return 200;
  return options.orphanDependents === false ? 202 : 200;
}

export const deleteOne: Handler = async (server, call) => {
  negotiated(call);
  if (call.info.name === "") throw badRequest("name is required");
  const options = await deleteOptions(call);
  const deleted = await deleteObject(server, call, options, call.info);
  const code = statusCode(deleted, options);
  const { group, plural } = call.endpoint.resource.ref;
  if (!deleted.gone || answersObject.has(`${group}/${plural}`)) {
    return storedResponse(server, call, code, deleted.object);
  }
  const { uid } = deleted.object.metadata;
  return objectResponse(call, code, {
    kind: "Status",
    apiVersion: "v1",
    ...{
      metadata: {},
      status: "Success",
      details: {
        name: call.info.name,
        ...(call.endpoint.ref.group === "" ? {} : { group: call.endpoint.ref.group }),
        kind: call.endpoint.ref.plural,
        uid,
      },
    },
  });
};
