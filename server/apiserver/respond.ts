/** Answers: bytes with the headers that every answer carries. */
import { Buffer } from "node:buffer";
import { encodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { encodeYaml } from "#apimachinery/codec/yaml.ts";
import type { FullStatus } from "#apimachinery/status.ts";
import type { Status } from "#gen/api/meta/v1.ts";
import { indented } from "./encoding/pretty.ts";
import { contentTypes, type MediaType } from "./negotiation.ts";
import { PlainResponse } from "./plain-response.ts";

export interface Marks {
  readonly auditId: string;
  readonly warnings: readonly string[];
}

const control = /\p{Cc}/u;

/** RFC 7234's form of a warning: code 299, no agent, quoted text, as bytes of UTF-8; undefined: upstream gives none with control characters. */
export function warningHeader(warning: string): string | undefined {
  if (control.test(warning)) return undefined;
  const bytes = Buffer.from(warning.replace(/[\\"]/g, "\\$&")).toString("latin1");
  return `299 - "${bytes}"`;
}

/** Upstream's bound on all warnings of an answer; more are cut off. */
const warningsBytesMax = 4 * 1024;

export function headersOf(
  { auditId, warnings }: Marks,
  contentType: string,
): Record<string, string> | Headers {
  const headers = {
    "audit-id": auditId,
    "cache-control": "no-cache, private",
    "content-type": contentType,
  };
  if (warnings.length === 0) return headers;
  const all = new Headers(headers);
  let bytes = 0;
  for (const warning of new Set(warnings)) {
    const text = warningHeader(warning);
    if (text === undefined) continue;
    bytes += text.length;
    if (bytes <= warningsBytesMax) all.append("warning", text);
  }
  return all;
}

/** What every answer carries, where it was not made of `headersOf`. */
export function addCommonHeaders({ headers }: Response, { auditId }: Marks): void {
  if (headers.has("audit-id")) return;
  headers.set("audit-id", auditId);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-cache, private");
}

/** `bytes` are of the caller's making and never changed afterwards. */
export function respondBytes(
  marks: Marks,
  status: number,
  contentType: string,
  bytes: Uint8Array,
): Response {
  const headers = headersOf(marks, contentType);
  if (!(headers instanceof Headers)) return new PlainResponse(status, headers, bytes);
  // As in PlainResponse: the bytes lie in a plain ArrayBuffer.
  return new Response(bytes as Uint8Array<ArrayBuffer>, { status, headers });
}

const textEncoder = new TextEncoder();

/** A Status in the form that the client takes, JSON where it takes none of ours. */
export function respondStatus(
  marks: Marks,
  status: FullStatus | (Status & { code: number }),
  mediaType: MediaType = "json",
  isPretty = false,
): Response {
  const plain = encodeStatus(status, mediaType);
  const bytes = isPretty && mediaType === "json" ? indented(plain) : plain;
  const seconds = status.details?.retryAfterSeconds;
  if (seconds === undefined || seconds <= 0) {
    return respondBytes(marks, status.code, contentTypes[mediaType], bytes);
  }
  const headers = new Headers(headersOf(marks, contentTypes[mediaType]));
  headers.set("retry-after", `${seconds}`);
  // As above.
  return new Response(bytes as Uint8Array<ArrayBuffer>, { status: status.code, headers });
}

function encodeStatus(status: Status, mediaType: MediaType): Uint8Array {
  if (mediaType === "protobuf") return encodeProtobuf(status);
  if (mediaType === "yaml") return encodeYaml(status);
  return textEncoder.encode(`${JSON.stringify(status)}\n`);
}
