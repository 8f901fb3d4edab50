/** GET of one object (upstream's R2: unset is consistent, "0" any, N not older than N). */
import { notFound } from "#apimachinery/status.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { entryResponse } from "#apiserver/encoding/entry-response.ts";
import { keyOf, named } from "#apiserver/endpoint.ts";
import { revisionOf } from "#apiserver/list-options.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import { text } from "#apiserver/query.ts";
import type { Entry } from "#storage/watch-cache.ts";
import { atLeast } from "./freshness.ts";

/** Throws NotFound. */
export async function currentEntry(server: ServerContext, call: Call): Promise<Entry> {
  const resourceVersion = text(call.query, "resourceVersion");
  await atLeast(server.cache, resourceVersion, revisionOf(resourceVersion, "one"));
  const { namespace, name } = call.info;
  const entry = server.cache.get(keyOf(call.endpoint, namespace, name));
  if (entry === undefined) throw notFound(named(call.endpoint, name));
  return entry;
}

export const getOne: Handler = async (server, call) => {
  negotiated(call);
  return entryResponse(server, call, 200, await currentEntry(server, call));
};
