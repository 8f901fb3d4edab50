/** /scale: autoscaling/v1 Scale over any resource that says where its replicas are. */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { invalidValue, Path } from "#apimachinery/field-error.ts";
import { conflict, internalError, invalid } from "#apimachinery/status.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { unknownResource } from "#apiserver/dispatch-refusals.ts";
import { type Endpoint, named } from "#apiserver/endpoint.ts";
import { appliedObject } from "#apiserver/field-management/apply-object.ts";
import {
  type Parent,
  parentEntries,
  scaleEntries,
  scaleVersions,
} from "#apiserver/field-management/scale-managers.ts";
import { trackScale } from "#apiserver/field-management/track.ts";
import { asFields } from "#apiserver/field-management/versions-of.ts";
import { applyContentType, readConfiguration, refuseDoubles } from "#apiserver/handlers/apply.ts";
import { currentEntry } from "#apiserver/handlers/get.ts";
import { failedPrecondition, guaranteedUpdate } from "#apiserver/handlers/guaranteed-update.ts";
import { applierOf, typed } from "#apiserver/handlers/patch.ts";
import { meetUrl } from "#apiserver/handlers/update.ts";
import { bareContentType, negotiated } from "#apiserver/negotiation.ts";
import {
  applyOptions,
  patchOptions,
  prepareBody,
  readBody,
  readObjectFrom,
  readPatch,
  restartWarnings,
  writeOptions,
} from "#apiserver/request-body.ts";
import type { Scale } from "#gen/api/autoscaling/v1.ts";
import type { KubeObject, ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import type { ScaleMapping } from "#resources/resource.ts";
import type { Stored } from "#storage/storage.ts";
import { scaleResponse } from "./scale-forms.ts";

const scaleKind = { apiVersion: "autoscaling/v1", kind: "Scale" } as const;

function mappingOf({ endpoint }: Call): ScaleMapping<KubeObject> {
  const { scale } = endpoint.resource;
  if (scale === undefined) throw unknownResource();
  return scale;
}

function scaleOf(mapping: ScaleMapping<KubeObject>, object: KubeObject): Scale {
  const { specReplicas, statusReplicas, selector } = mapping.read(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: specReplicas === 0 ? {} : { replicas: specReplicas },
    status: { replicas: statusReplicas, ...(selector === "" ? {} : { selector }) },
  };
}

/** Throws InternalError where the object does not say what its scale is: upstream's answer to that. */
function checkPresent({ absent }: ReturnType<ScaleMapping<KubeObject>["read"]>): void {
  if (absent === undefined) return;
  throw internalError(`the spec replicas field ${JSON.stringify(absent)} does not exist`);
}

function checkScale({ custom, ref }: Endpoint, { metadata, spec }: Scale): void {
  const replicas = spec?.replicas ?? 0;
  if (replicas >= 0) return;
  if (custom === true)
    throw invalid(ref, metadata.name, [
      invalidValue(new Path(".spec.replicas"), replicas, "should be a non-negative integer"),
    ]);
  const path = new Path("spec").child("replicas");
  const error = invalidValue(path, replicas, "must be greater than or equal to 0");
  throw invalid({ group: "autoscaling", kind: "Scale" }, metadata.name, [error]);
}

const pathOf = ({ resource }: Endpoint): readonly string[] | null =>
  resource.scale === undefined ? null : (resource.scale.replicasPath ?? ["f:spec", "f:replicas"]);

/** Where an object has its replicas, by its version. */
function replicasPaths(endpoint: Endpoint): Parent["pathIn"] {
  return (apiVersion) => {
    const one = apiVersion === endpoint.apiVersion ? endpoint : endpoint.versions?.get(apiVersion);
    return one === undefined ? undefined : pathOf(one);
  };
}

/** What a request makes of the current Scale; the entries are those of its managers afterwards. */
interface Rescaled {
  readonly scale: Scale;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

type Rescaling = (current: Scale, live: ManagedFieldsEntry[] | undefined) => Rescaled;

/** A write that is no apply: who writes manages the replicas, if they change and anybody managed them. */
function tracked(server: ServerContext, call: Call, wanted: (current: Scale) => Scale): Rescaling {
  return (current, live) => {
    const scale = wanted(current);
    const after = { ...scale, metadata: { ...scale.metadata, managedFields: undefined } };
    const [before, now] = [asFields(current), asFields(after)];
    return { scale, managedFields: trackScale(server, call, { before, after: now, live }) };
  };
}

/** Makes of the object what the Scale says. */
async function rescale(
  server: ServerContext,
  call: Call,
  options: { readonly dryRun: boolean; readonly reapplies: boolean },
  rescaled: Rescaling,
): Promise<Response> {
  const mapping = mappingOf(call);
  const draft = ({ object }: Stored): KubeObject => {
    const { managedFields: entries } = object.metadata;
    const { apiVersion } = call.endpoint;
    const parent = { entries, apiVersion, pathIn: replicasPaths(call.endpoint) };
    const { scale, managedFields } = rescaled(scaleOf(mapping, object), scaleEntries(parent));
    meetUrl(call, scale);
    checkScale(call.endpoint, scale);
    const { uid, resourceVersion } = scale.metadata;
    if (uid !== undefined && uid !== "" && uid !== object.metadata.uid) {
      const why = failedPrecondition("UID", uid, object.metadata.uid);
      throw conflict(named(call.endpoint, call.info.name), why);
    }
    const copy: KubeObject = deepCopy({
      ...object,
      metadata: { ...object.metadata, managedFields: undefined },
    });
    // A Scale may always be written without a version.
    copy.metadata.resourceVersion =
      resourceVersion === undefined || resourceVersion === ""
        ? object.metadata.resourceVersion
        : resourceVersion;
    copy.metadata.managedFields = parentEntries(parent, managedFields);
    mapping.write(copy, scale.spec?.replicas ?? 0);
    return copy;
  };
  const written = await guaranteedUpdate(server, call, { ...options, draft, managed: true });
  return scaleResponse(server, call, scaleOf(mapping, written.object));
}

const get: Handler = async (server, call) => {
  negotiated(call);
  const mapping = mappingOf(call);
  const { object } = await currentEntry(server, call);
  checkPresent(mapping.read(object));
  return scaleResponse(server, call, scaleOf(mapping, object));
};

const update: Handler = async (server, call) => {
  negotiated(call);
  const { dryRun, fieldValidation } = writeOptions(call.query, "UpdateOptions");
  const body = await prepareBody(call, await readBody(call.request), scaleKind);
  // readObjectFrom refuses every other kind.
  const read = (): Scale => readObjectFrom(call, body, scaleKind, fieldValidation) as Scale;
  // What means another object is refused before anybody looks for one.
  meetUrl(call, read());
  return rescale(server, call, { dryRun, reapplies: false }, tracked(server, call, read));
};

const patch: Handler = async (server, call) => {
  const type = bareContentType(call.request.headers.get("content-type"));
  const applier = type === applyContentType ? undefined : applierOf(call);
  negotiated(call);
  if (applier === undefined) return apply(server, call);
  const { dryRun, fieldValidation: validation } = patchOptions(call.query);
  const { change, doubles } = await readPatch(call);
  const wanted = (current: Scale): Scale => {
    restartWarnings(call);
    const made = applier({ ...current }, change, scaleKind);
    // typed refuses every other kind.
    return typed(call, scaleKind, made, { validation, doubles }) as Scale;
  };
  return rescale(server, call, { dryRun, reapplies: true }, tracked(server, call, wanted));
};

async function apply(server: ServerContext, call: Call): Promise<Response> {
  const { dryRun, fieldValidation, manager, force } = applyOptions(call.query);
  const { config, doubles } = await readConfiguration(call);
  return rescale(server, call, { dryRun, reapplies: true }, (current, managedFields) => {
    const live = { object: asFields(current), managedFields };
    const wanted = { config, manager, force, live, kind: scaleKind.kind };
    // appliedObject refuses every other kind.
    const scale = appliedObject(server, call, scaleVersions(), wanted) as Scale;
    refuseDoubles(call, doubles, fieldValidation);
    return { scale, managedFields: scale.metadata.managedFields };
  });
}

export const scale = { get, update, patch };
