/** /scale: autoscaling/v1 Scale over any resource that says where its replicas are. */
import { takeInObject } from "#apimachinery/codec/json.ts";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { invalidValue, Path } from "#apimachinery/field-error.ts";
import { conflict, invalid, refusal } from "#apimachinery/status.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { unknownResource } from "#apiserver/dispatch-refusals.ts";
import { objectResponse } from "#apiserver/encoding/entry-response.ts";
import { named } from "#apiserver/endpoint.ts";
import { currentEntry } from "#apiserver/handlers/get.ts";
import { guaranteedUpdate } from "#apiserver/handlers/guaranteed-update.ts";
import { applierOf, patchOf } from "#apiserver/handlers/patch.ts";
import { meetUrl } from "#apiserver/handlers/update.ts";
import { readBody, readObjectFrom, writeOptions } from "#apiserver/request-body.ts";
import type { Scale } from "#gen/api/autoscaling/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ScaleMapping } from "#resources/resource.ts";
import type { Stored } from "#storage/storage.ts";

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
    spec: { replicas: specReplicas },
    status: { replicas: statusReplicas, ...(selector === "" ? {} : { selector }) },
  };
}

/** Throws InternalError where the object does not say what its scale is: upstream's answer to that. */
function checkPresent({ absent }: ReturnType<ScaleMapping<KubeObject>["read"]>): void {
  if (absent === undefined) return;
  const message = `the spec replicas field ${JSON.stringify(absent)} does not exist`;
  const details = { causes: [{ message }] };
  throw refusal("InternalError", `Internal error occurred: ${message}`, details);
}

function checkScale({ metadata, spec }: Scale): void {
  const replicas = spec?.replicas ?? 0;
  if (replicas >= 0) return;
  const path = new Path("spec").child("replicas");
  const error = invalidValue(path, replicas, "must be greater than or equal to 0");
  throw invalid({ group: "autoscaling", kind: "Scale" }, metadata.name, [error]);
}

/** Makes of the object what the Scale says. */
async function rescale(
  server: ServerContext,
  call: Call,
  options: { readonly dryRun: boolean; readonly reapplies: boolean },
  wanted: (current: Scale) => Scale,
): Promise<Response> {
  const mapping = mappingOf(call);
  const draft = ({ object }: Stored): KubeObject => {
    const scale = wanted(scaleOf(mapping, object));
    meetUrl(call, scale);
    checkScale(scale);
    const { uid, resourceVersion } = scale.metadata;
    if (uid !== undefined && uid !== "" && uid !== object.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;
      throw conflict(named(call.endpoint, call.info.name), why);
    }
    const copy = deepCopy(object);
    copy.metadata.resourceVersion = resourceVersion;
    mapping.write(copy, scale.spec?.replicas ?? 0);
    return copy;
  };
  const written = await guaranteedUpdate(server, call, { ...options, draft });
  return objectResponse(call, 200, scaleOf(mapping, written.object));
}

const get: Handler = async (server, call) => {
  const mapping = mappingOf(call);
  const { object } = await currentEntry(server, call);
  checkPresent(mapping.read(object));
  return objectResponse(call, 200, scaleOf(mapping, object));
};

const update: Handler = async (server, call) => {
  const { dryRun, fieldValidation } = writeOptions(call.query, "UpdateOptions");
  const bytes = await readBody(call.request);
  // readObjectFrom refuses every other kind.
  const read = (): Scale => readObjectFrom(call, bytes, scaleKind, fieldValidation) as Scale;
  return rescale(server, call, { dryRun, reapplies: false }, read);
};

const patch: Handler = async (server, call) => {
  const { dryRun } = writeOptions(call.query, "PatchOptions");
  const apply = applierOf(call);
  const change = patchOf(await readBody(call.request));
  return rescale(server, call, { dryRun, reapplies: true }, (current) => {
    const patched = deepCopy(apply({ ...current }, change, call));
    // Of kind Scale: takeInObject checks what the patch made of its fields.
    const scale = Object.assign(patched, scaleKind) as unknown as Scale;
    takeInObject(scale);
    return scale;
  });
};

export const scale = { get, update, patch };
