/** What a server puts into the store before it serves. */
import { formatTime } from "#apimachinery/time.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { type ServiceNetwork, startObjects } from "./start-objects.ts";
import { writeStartObjects } from "./write-start-objects.ts";

/** How many objects were made or mended; a later start of a sound cluster writes none. */
export function bootstrapCluster(parts: {
  readonly cache: WatchCache;
  readonly network: ServiceNetwork;
  /** The door's. */
  readonly port: number;
  /** PEM that client certificates verify against. */
  readonly clientAuthority: string;
  readonly clock: () => Date;
  readonly newUid: () => string;
}): Promise<number> {
  const now = formatTime(parts.clock());
  const { network, port, clientAuthority, newUid } = parts;
  const objects = startObjects({ now, network, port, clientAuthority });
  return writeStartObjects(parts.cache, objects, { now, newUid });
}
