/** Watch events for components of this process: the cache's own objects, neither encoded nor copied. */
import type { ObjectWatchEvent } from "#apimachinery/codec/object-watch.ts";
import type { Call } from "#apiserver/call.ts";
import { inVersion } from "./object-encoding.ts";
import { bookmarkObject, type WatchEncoder } from "./watch-encoder.ts";

export function objectWatchEncoder(call: Call): WatchEncoder<readonly ObjectWatchEvent[]> {
  return {
    events: (events) =>
      events.map(([type, { object }]) => ({ type, object: inVersion(call.endpoint, object) })),
    bookmark: (revision, initialEnd) => [
      { type: "BOOKMARK", object: bookmarkObject(call, revision, initialEnd) },
    ],
    error: (status) => [{ type: "ERROR", object: status }],
  };
}
