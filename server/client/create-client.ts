/** The one implementation of Client: requests over a Transport. */

import { ObjectAnswer } from "#apimachinery/codec/object-answer.ts";
import { ObjectWatchResponse } from "#apimachinery/codec/object-watch.ts";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { messageOf } from "#apimachinery/error-message.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import {
  acceptHeader,
  decodeBody,
  type EncodedBody,
  encodeBody,
  type MediaType,
  type RawWatchEvent,
  readWatchBody,
} from "./body.ts";
import type {
  Client,
  DeleteOptions,
  ListOptions,
  ListResult,
  WatchEvent,
  WatchOptions,
} from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { boundedTransport } from "./in-flight.ts";
import { listQuery, resourcePath, watchQuery } from "./resource-path.ts";
import { sendPatiently } from "./retry.ts";
import { errorFromCode, errorFromStatus, isStatus } from "./status-error.ts";
import type { Transport } from "./transport.ts";

export interface ClientOptions {
  readonly transport: Transport;
  /** `https://host:port`; in process any host will do. */
  readonly baseUrl: string;
  /** Default protobuf; kinds without a protobuf form go as JSON either way. */
  readonly mediaType?: MediaType | undefined;
  /** Names the caller in audit records and managed fields. */
  readonly userAgent: string;
  readonly token?: string | undefined;
  readonly clock?: Clock | undefined;
}

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly accept: string;
  readonly body?: EncodedBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Send = (call: Call) => Promise<Response>;

interface Wire {
  readonly send: Send;
  readonly mediaType: MediaType;
}

export function createClient(options: ClientOptions): Client {
  const mediaType = options.mediaType ?? "protobuf";
  const send = sender(options);
  const wire: Wire = { send, mediaType };
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  return {
    ...reads(wire),
    ...writes(wire),
    raw: async (path, init) => {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(identityOf(options))) headers.set(name, value);
      const response = await options.transport(new Request(baseUrl + path, { ...init, headers }));
      if (!response.ok) throw await errorOf(response);
      return response;
    },
  };
}

function identityOf({ userAgent, token }: ClientOptions): Readonly<Record<string, string>> {
  const name = { "user-agent": userAgent };
  return token === undefined ? name : { ...name, authorization: `Bearer ${token}` };
}

/** Sends, and throws unless the answer is a success. */
function sender(options: ClientOptions): Send {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const clock = options.clock ?? systemClock;
  const transport = boundedTransport(options.transport);
  const identity = identityOf(options);
  return async ({ method, path, accept, body, signal }) => {
    const named = { ...identity, accept };
    const headers = body === undefined ? named : { ...named, "content-type": body.contentType };
    const init = { method, headers, body: body?.bytes ?? null, signal: signal ?? null };
    const build = (): Request => new Request(baseUrl + path, init);
    const response = await sendPatiently(transport, build, clock);
    if (!response.ok) throw await errorOf(response);
    return response;
  };
}

async function errorOf(response: Response): Promise<Error> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  try {
    const body = decodeBody(bytes, contentTypeOf(response));
    if (isStatus(body)) return errorFromStatus(body, response.status);
  } catch {
    // Not a Status, whatever its content type says: the bare code speaks.
  }
  return errorFromCode(response.status, new TextDecoder().decode(bytes));
}

function contentTypeOf(response: Response): string {
  return response.headers.get("content-type") ?? "";
}

async function objectOf<T>(response: Response): Promise<T> {
  // The codec boundary, as below; a copy, since callers may change what they asked for.
  if (response instanceof ObjectAnswer) return deepCopy(response.object) as T;
  const bytes = new Uint8Array(await response.arrayBuffer());
  // The codec boundary: the server answers a path of T with a T.
  return decodeBody(bytes, contentTypeOf(response)) as T;
}

function reads({ send, mediaType }: Wire): Pick<Client, "get" | "list" | "watch"> {
  return {
    async get<T extends KubeObject>(ref: ResourceRef<T>, namespace: string, name: string) {
      const path = resourcePath(ref, { namespace, name });
      return objectOf<T>(await send({ method: "GET", path, accept: acceptHeader({ mediaType }) }));
    },
    async list<T extends KubeObject>(ref: ResourceRef<T>, options: ListOptions = {}) {
      const path = resourcePath(ref, options) + listQuery(options);
      const as = options.metadataOnly === true ? "PartialObjectMetadataList" : undefined;
      const accept = acceptHeader({ mediaType, as });
      return listResult(
        ref,
        await objectOf<ListBody<T>>(await send({ method: "GET", path, accept })),
      );
    },
    watch: (ref, options = {}) => watchEvents(send, mediaType, ref, options),
  };
}

interface ListBody<T> {
  readonly metadata?: { resourceVersion?: string; continue?: string };
  readonly items?: T[] | null;
}

/** The items of a list carry no apiVersion and kind on the wire; ours always do. */
function listResult<T extends KubeObject>(ref: ResourceRef<T>, body: ListBody<T>): ListResult<T> {
  const apiVersion = ref.group === "" ? ref.version : `${ref.group}/${ref.version}`;
  const items = body.items ?? [];
  for (const item of items) {
    item.apiVersion = apiVersion;
    item.kind = ref.kind;
  }
  const { resourceVersion = "", continue: token = "" } = body.metadata ?? {};
  return { resourceVersion, continue: token, items };
}

async function* watchEvents<T extends KubeObject>(
  send: Send,
  mediaType: MediaType,
  ref: ResourceRef<T>,
  options: WatchOptions,
): AsyncIterable<WatchEvent<T>> {
  const path = resourcePath(ref, options) + watchQuery(options);
  const as = options.metadataOnly === true ? "PartialObjectMetadata" : undefined;
  const accept = acceptHeader({ mediaType, as, watch: true });
  const response = await send({ method: "GET", path, accept, signal: options.signal });
  if (response instanceof ObjectWatchResponse) {
    for await (const events of response.events) {
      // The same boundary as below, without bytes.
      for (const { type, object } of events) yield eventOf(type, object as T);
    }
    return;
  }
  if (response.body === null) return;
  for await (const { type, object } of unbroken(response.body, contentTypeOf(response))) {
    // The codec boundary: a watch of T delivers Ts. PartialObjectMetadata names itself; ours names the resource.
    const event = eventOf(type, object as T);
    if (options.metadataOnly === true && type !== "BOOKMARK") {
      event.object.apiVersion = ref.group === "" ? ref.version : `${ref.group}/${ref.version}`;
      event.object.kind = ref.kind;
    }
    yield event;
  }
}

/** Throws the Status of an ERROR. */
function eventOf<T extends KubeObject>(type: RawWatchEvent["type"], object: T): WatchEvent<T> {
  if (type !== "ERROR") return { type, object };
  if (isStatus(object)) throw errorFromStatus(object);
  throw errorFromCode(500, JSON.stringify(object));
}

/** A stream that ends within an event is a lost connection, not a refusal by the server. */
async function* unbroken(
  body: ReadableStream<Uint8Array>,
  contentType: string,
): AsyncIterable<RawWatchEvent> {
  try {
    yield* readWatchBody(body, contentType);
  } catch (error) {
    throw new Error(`the watch broke: ${messageOf(error)}`);
  }
}

type Writes = Omit<Client, "get" | "list" | "watch" | "raw">;

function writes({ send, mediaType }: Wire): Writes {
  const accept = acceptHeader({ mediaType });
  const put = async <T extends KubeObject>(ref: ResourceRef<T>, object: T, subresource: string) => {
    const { namespace, name } = object.metadata;
    const path = resourcePath(ref, { namespace, name, subresource });
    const body = encodeBody(object, mediaType);
    return objectOf<T>(await send({ method: "PUT", path, accept, body }));
  };
  return {
    async create(ref, namespace, object) {
      const apiVersion = ref.group === "" ? ref.version : `${ref.group}/${ref.version}`;
      const body = encodeBody({ ...object, apiVersion, kind: ref.kind }, mediaType);
      const path = resourcePath(ref, { namespace });
      return objectOf(await send({ method: "POST", path, accept, body }));
    },
    update: (ref, object) => put(ref, object, ""),
    updateStatus: (ref, object) => put(ref, object, "status"),
    updateSubresource: (ref, subresource, object) => put(ref, object, subresource),
    async patch(ref, target, type, patch) {
      const bytes = new TextEncoder().encode(JSON.stringify(patch));
      const body = { contentType: type, bytes };
      const path = resourcePath(ref, target);
      return objectOf(await send({ method: "PATCH", path, accept, body }));
    },
    async apply(ref, target, manager, fields) {
      const apiVersion = ref.group === "" ? ref.version : `${ref.group}/${ref.version}`;
      const object = { apiVersion, kind: ref.kind, ...fields };
      const bytes = new TextEncoder().encode(JSON.stringify(object));
      const body = { contentType: "application/apply-patch+yaml", bytes };
      const query = new URLSearchParams({ fieldManager: manager, force: "true" });
      const path = `${resourcePath(ref, target)}?${query}`;
      return objectOf(await send({ method: "PATCH", path, accept, body }));
    },
    async delete(ref, namespace, name, options = {}) {
      const body = encodeBody(deleteOptions(options), mediaType);
      const path = resourcePath(ref, { namespace, name });
      const response = await send({ method: "DELETE", path, accept, body });
      await response.body?.cancel();
    },
    async deleteCollection(ref, selection, options = {}) {
      const body = encodeBody(deleteOptions(options), mediaType);
      const path = resourcePath(ref, selection) + listQuery(selection);
      const response = await send({ method: "DELETE", path, accept, body });
      await response.body?.cancel();
    },
    async post(path, object) {
      const body = encodeBody(object, mediaType);
      return objectOf(await send({ method: "POST", path, accept, body }));
    },
  };
}

function deleteOptions({ gracePeriodSeconds, propagationPolicy, ...rest }: DeleteOptions): {
  apiVersion: string;
  kind: string;
} {
  const { uid, resourceVersion } = rest;
  const preconditions =
    uid === undefined && resourceVersion === undefined
      ? undefined
      : {
          ...(uid === undefined ? {} : { uid }),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        };
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}
