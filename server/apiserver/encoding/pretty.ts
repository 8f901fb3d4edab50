/** Indented JSON for people: `?pretty=true`, or a browser, curl or wget, as upstream decides. */
import type { Call } from "#apiserver/call.ts";
import type { MediaType } from "#apiserver/negotiation.ts";
import { flag } from "#apiserver/query.ts";

const byHand = /^(curl|Wget|Mozilla)\//;
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

export function wantsPretty({ query, request }: Pick<Call, "query" | "request">): boolean {
  if (query?.has("pretty")) return flag(query, "pretty");
  return byHand.test(request.headers.get("user-agent") ?? "");
}

export function prettied(
  call: Pick<Call, "query" | "request">,
  mediaType: MediaType,
  bytes: Uint8Array,
): Uint8Array {
  if (mediaType !== "json" || !wantsPretty(call)) return bytes;
  return utf8Encoder.encode(`${JSON.stringify(JSON.parse(utf8Decoder.decode(bytes)), null, 2)}\n`);
}
