/** Bodies on the wire: what goes out, which types are asked for, what comes back. */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { WatchEvent } from "./client.ts";

export type MediaType = "protobuf" | "json";

export interface EncodedBody {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const json = "application/json";
const text = new TextEncoder();

export function encodeBody(object: object, _mediaType: MediaType): EncodedBody {
  return { contentType: json, bytes: text.encode(JSON.stringify(object)) };
}

/** `as`: PartialObjectMetadata or its List; the server then leaves out spec and status. */
export function acceptHeader(_mediaType: MediaType, as?: string, _stream?: "watch"): string {
  return as === undefined ? json : `${json};as=${as};g=meta.k8s.io;v=v1`;
}

export function decodeBody(bytes: Uint8Array, _contentType: string): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

export interface RawWatchEvent {
  readonly type: WatchEvent<KubeObject>["type"] | "ERROR";
  // The object of an ERROR event is a Status.
  readonly object: unknown;
}

export function readWatchBody(
  stream: ReadableStream<Uint8Array>,
  _contentType: string,
): AsyncIterable<RawWatchEvent> {
  return readJsonLines(stream);
}

/** One event a line. A last line that was cut off is no event: the stream broke. */
async function* readJsonLines(stream: ReadableStream<Uint8Array>): AsyncIterable<RawWatchEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const end = rest.lastIndexOf("\n");
    if (end < 0) continue;
    const lines = rest.slice(0, end).split("\n");
    rest = rest.slice(end + 1);
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
}
