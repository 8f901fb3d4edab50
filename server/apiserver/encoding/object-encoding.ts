/**
 * Objects as bytes. An entry's own message is encoded once a version and media type and shared by gets,
 * lists and watches; what differs between them (envelope, frame, list head) is put around it.
 */
import { encodeJson } from "#apimachinery/codec/json.ts";
import { printed } from "#apimachinery/codec/printed.ts";
import { encodeProtobufRaw, envelopeRaw, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import { encodeYaml } from "#apimachinery/codec/yaml.ts";
import type { Endpoint } from "#apiserver/endpoint.ts";
import { contentTypes, type MediaType } from "#apiserver/negotiation.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Entry } from "#storage/watch-cache.ts";

/** The object as the addressed version spells it. */
export function inVersion({ conversion }: Endpoint, stored: KubeObject): KubeObject {
  return conversion === undefined ? stored : conversion.fromStored(stored);
}

/** JSON text, or the protobuf message without its envelope. */
export function entryMessage(
  endpoint: Endpoint,
  entry: Entry,
  mediaType: "json" | "protobuf",
): Uint8Array {
  const { form } = endpoint;
  if (mediaType === "json") {
    return entry.encoded(`json${form}`, (object) =>
      encodeJson(printed(inVersion(endpoint, object), "stored")),
    );
  }
  return entry.encoded(`protobuf${form}`, (object) =>
    encodeProtobufRaw(inVersion(endpoint, object)),
  );
}

/** A whole answer's body for an entry. */
export function entryBody(endpoint: Endpoint, entry: Entry, mediaType: MediaType): Uint8Array {
  switch (mediaType) {
    case "json":
      return entryMessage(endpoint, entry, "json");
    case "protobuf":
      return envelopeRaw(kindOf(endpoint), entryMessage(endpoint, entry, "protobuf"));
    case "yaml":
      return encodeYaml(printed(inVersion(endpoint, entry.object), "stored"));
  }
}

function kindOf({ apiVersion, ref }: Endpoint): { apiVersion: string; kind: string } {
  return { apiVersion, kind: ref.kind };
}

/** Any object that is no entry: Status, Scale, a dry run's result. */
export function objectBody(
  object: { apiVersion: string; kind: string },
  mediaType: MediaType,
): { readonly contentType: string; readonly bytes: Uint8Array } {
  // What has no protobuf form (a Table, discovery) is answered in JSON.
  const served =
    mediaType === "protobuf" && !hasProtobuf(object.apiVersion, object.kind) ? "json" : mediaType;
  const contentType = contentTypes[served];
  if (served === "json") return { contentType, bytes: encodeJson(printed(object, "made")) };
  if (served === "yaml") return { contentType, bytes: encodeYaml(printed(object, "made")) };
  return { contentType, bytes: envelopeRaw(object, encodeProtobufRaw(object)) };
}
