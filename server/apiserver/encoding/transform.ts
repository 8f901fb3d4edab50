/** Objects as tables or as their metadata alone: what `as=` in Accept asks for. */
import type { Call, ServerContext } from "#apiserver/call.ts";
import type { Accepted } from "#apiserver/negotiation.ts";
import type { KubeObject, ObjectMeta } from "#gen/api/meta/v1.ts";
import { inVersion } from "./object-encoding.ts";
import { shownMetadata } from "./shown-metadata.ts";
import { includeObject, tableOf } from "./table.ts";

interface PartialObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

/** PartialObjectMetadata of the object. */
export function metadataOf(object: KubeObject, asVersion: string): PartialObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${asVersion}`,
    metadata: shownMetadata(object),
  };
}

export function transformed(
  server: ServerContext,
  call: Call,
  accepted: Accepted,
  stored: KubeObject,
): { apiVersion: string; kind: string } {
  const object = inVersion(call.endpoint, stored);
  if (accepted.as === "metadata") return metadataOf(object, accepted.asVersion);
  const { resourceVersion } = object.metadata;
  return tableOf(call.endpoint, [stored], {
    now: server.clock(),
    include: includeObject(call.query),
    asVersion: accepted.asVersion,
    columns: true,
    metadata: { resourceVersion },
  });
}
