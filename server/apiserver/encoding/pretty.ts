/** Indented JSON for people: `?pretty=true`, or a browser, curl or wget, as upstream decides. */
import type { Call } from "#apiserver/call.ts";
import type { Accepted } from "#apiserver/negotiation.ts";

const byHand = /^(curl|Wget|Mozilla\/5\.0)/;
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

type Asked = Pick<Call, "query" | "request">;

export function wantsPretty(
  { query, request }: Asked,
  accepted: Pick<Accepted, "pretty">,
): boolean {
  if (accepted.pretty) return true;
  const asked = query?.get("pretty") ?? "";
  if (asked !== "") return /^(1|t|T|true|TRUE|True)$/.test(asked);
  return byHand.test(request.headers.get("user-agent") ?? "");
}

/** Indented. */
export function indented(bytes: Uint8Array): Uint8Array {
  return utf8Encoder.encode(`${JSON.stringify(JSON.parse(utf8Decoder.decode(bytes)), null, 2)}\n`);
}

export function prettied(
  call: Asked,
  accepted: Pick<Accepted, "mediaType" | "pretty">,
  bytes: Uint8Array,
): Uint8Array {
  return accepted.mediaType === "json" && wantsPretty(call, accepted) ? indented(bytes) : bytes;
}
