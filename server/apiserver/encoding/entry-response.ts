/** The answer that carries one object, in the form that the client takes. */
import { ObjectAnswer } from "#apimachinery/codec/object-answer.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import {
  contentTypes,
  type MediaType,
  negotiate,
  negotiated,
  refuseOtherForm,
} from "#apiserver/negotiation.ts";
import { respondBytes } from "#apiserver/respond.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Entry } from "#storage/watch-cache.ts";
import { entryBody, inVersion, objectBody } from "./object-encoding.ts";
import { prettied } from "./pretty.ts";
import { transformed } from "./transform.ts";

/** The client is a part of this process and takes objects as they are; who asks for JSON wants text. */
function isShared({ sharesObjects }: Call, mediaType: MediaType): boolean {
  return sharesObjects && mediaType === "protobuf";
}

/** An object of the endpoint's resource as stored. */
export function entryResponse(
  server: ServerContext,
  call: Call,
  status: number,
  entry: Entry,
): Response {
  const accepted = negotiated(call);
  if (accepted.as !== "object") return storedResponse(server, call, status, entry.object);
  const { mediaType } = accepted;
  if (isShared(call, mediaType))
    return new ObjectAnswer(status, inVersion(call.endpoint, entry.object));
  const bytes = prettied(call, accepted, entryBody(call.endpoint, entry, mediaType));
  return respondBytes(call, status, contentTypes[mediaType], bytes);
}

/** The same of an object that is not in the cache: a dry run's result, a deleted object. */
export function storedResponse(
  server: ServerContext,
  call: Call,
  status: number,
  stored: KubeObject,
): Response {
  const accepted = negotiated(call);
  refuseOtherForm(accepted, call.endpoint, false);
  const object =
    accepted.as === "object"
      ? inVersion(call.endpoint, stored)
      : transformed(server, call, accepted, stored);
  return objectResponse(call, status, object);
}

/** An object of any other kind: Status, Scale, a review. */
export function objectResponse(
  call: Call,
  status: number,
  object: { apiVersion: string; kind: string },
): Response {
  const { mediaType, pretty } = negotiate(call.request.headers.get("accept"));
  if (isShared(call, mediaType)) return new ObjectAnswer(status, object);
  const { contentType, bytes } = objectBody(object, mediaType);
  const isJson = contentType === contentTypes.json;
  const shown = isJson ? prettied(call, { mediaType: "json", pretty }, bytes) : bytes;
  return respondBytes(call, status, contentType, shown);
}
