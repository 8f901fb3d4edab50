import type { Call, ServerContext } from "#apiserver/call.ts";
import { entryResponse, storedResponse } from "#apiserver/encoding/entry-response.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Stored } from "#storage/storage.ts";

/** What a write came to; `stored` is undefined where nothing was written (a dry run). */
export interface Written {
  readonly object: KubeObject;
  readonly stored: Stored | undefined;
}

/** Answers from the cache's entry where it holds this very revision: encoded once for all readers. */
export function writtenResponse(
  server: ServerContext,
  call: Call,
  status: number,
  { object, stored }: Written,
): Response {
  const entry = stored === undefined ? undefined : server.cache.get(stored.key);
  if (entry !== undefined && entry.revision === stored?.revision) {
    return entryResponse(server, call, status, entry);
  }
  return storedResponse(server, call, status, object);
}
