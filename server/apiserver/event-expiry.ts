/** Events live an hour (upstream's --event-ttl). Every server looks now and then; a clash means that another was faster. */
import { parseTime } from "#apimachinery/time.ts";
import { type Event, events } from "#gen/api/core/v1.ts";
import type { Entry, WatchCache } from "#storage/watch-cache.ts";

const eventMs = 60 * 60 * 1000;
const intervalMs = 60_000;
/** Deleted in one look: the rest waits for the next, so that a flood of events cannot crowd out writes. */
const deletedMax = 2_000;

/** When it was last said: what upstream's store renews the lease of an event by. */
function saidAt({ object }: Entry): number {
  // Only core events are stored under events.
  const { metadata, lastTimestamp, series, eventTime } = object as Event;
  const times = [metadata.creationTimestamp, lastTimestamp, series?.lastObservedTime, eventTime];
  return Math.max(...times.map((time) => parseTime(time ?? "")?.getTime() ?? 0));
}

/** Deletes what is older than an hour; how many went. */
export async function expireEvents(cache: WatchCache, now: Date): Promise<number> {
  const scope = { group: events.group, resource: events.plural };
  const oldest = now.getTime() - eventMs;
  const expired = cache.list(scope).entries.filter((entry) => saidAt(entry) < oldest);
  const results = await Promise.all(
    expired.slice(0, deletedMax).map(({ key, revision, object }) =>
      cache.write({
        op: "delete",
        key,
        expected: revision,
        // The store stamps what it is given.
        object: { ...object, metadata: { ...object.metadata } },
      }),
    ),
  );
  return results.filter(({ outcome }) => outcome === "written").length;
}

/** Looks every minute until it is stopped. `failed` is told why a look came to nothing. */
export function startEventExpiry(
  cache: WatchCache,
  clock: () => Date,
  failed: (error: unknown) => void,
): { stop(): void } {
  const timer = setInterval(() => void expireEvents(cache, clock()).catch(failed), intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
