/** Who writes, as managedFields name it: the fieldManager of the query, else what comes before the slash in User-Agent. */
import type { Writer } from "#apimachinery/apply/update.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { text } from "#apiserver/query.ts";

/** Bytes; upstream's FieldManagerMaxLength. */
const managerBytesMax = 128;

const encoder = new TextEncoder();
const plain = /^[ -~]{0,128}$/;

function fromUserAgent(userAgent: string): string {
  const [name = ""] = userAgent.split("/", 1);
  if (plain.test(name)) return name;
  let out = "";
  for (const character of name) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) continue;
    if (encoder.encode(out + character).length > managerBytesMax) break;
    out += character;
  }
  return out;
}

export function writerOf({ clock }: ServerContext, { request, query, info }: Call): Writer {
  const asked = query === undefined ? "" : text(query, "fieldManager");
  return {
    manager: asked === "" ? fromUserAgent(request.headers.get("user-agent") ?? "") : asked,
    subresource: info.subresource,
    now: formatTime(clock()),
  };
}
