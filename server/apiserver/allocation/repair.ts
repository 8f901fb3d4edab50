/**
 * Mends what a crash between a claim and its service's write leaves behind: claims of services that are
 * not there are let go, claims that services lack are made. Upstream runs the same repair in its API server.
 */
import { parseTime } from "#apimachinery/time.ts";
import { getObject, listObjects } from "#apiserver/object-reads.ts";
import { type Service, services } from "#gen/api/core/v1.ts";
import { ipaddresses } from "#gen/api/networking/v1.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { addressKey, claimAddress, ipAllocator, managedBy, readyRanges } from "./cluster-ips.ts";
import { claimPort, nodePortScope } from "./node-ports.ts";
import { release } from "./reservation.ts";
import { type AllocatorParts, heldBy } from "./service-allocator.ts";

/** A claim is older than this before it counts as left behind: its service may be on its way. */
const claimAgeMinMs = 60_000;

function holds(service: Service | undefined, claim: { address?: string; port?: number }): boolean {
  const { addresses, ports } = heldBy(service);
  if (claim.address !== undefined) return addresses.has(claim.address);
  return claim.port !== undefined && ports.has(claim.port);
}

function isOld(creationTimestamp: string | undefined, now: Date): boolean {
  const made = parseTime(creationTimestamp ?? "");
  return made === undefined || now.getTime() - made.getTime() > claimAgeMinMs;
}

async function releaseOrphans(parts: RepairParts, now: Date): Promise<number> {
  const { store } = parts;
  const addresses = listObjects(store, ipaddresses).filter(({ metadata, spec }) => {
    if (metadata.labels?.[managedBy] !== ipAllocator) return false;
    if (!isOld(metadata.creationTimestamp, now)) return false;
    const { namespace = "", name } = spec.parentRef;
    const service = getObject(store, services, { namespace, name });
    return !holds(service, { address: metadata.name });
  });
  const ports = store.list(nodePortScope).entries.filter(({ object: { metadata } }) => {
    const [namespace = "", name = ""] = metadata.annotations?.["holder"]?.split("/") ?? [];
    if (!isOld(metadata.creationTimestamp, now)) return false;
    const service = getObject(store, services, { namespace, name });
    return !holds(service, { port: Number(metadata.name) });
  });
  await Promise.all([
    ...addresses.map(({ metadata }) => release(store, addressKey(metadata.name))),
    ...ports.map(({ key }) => release(store, key)),
  ]);
  return addresses.length + ports.length;
}

async function claimMissing(parts: RepairParts): Promise<void> {
  for (const service of listObjects(parts.store, services)) {
    const { namespace = "", name } = service.metadata;
    const { addresses, ports } = heldBy(service);
    for (const address of addresses) {
      if (parts.store.get(addressKey(address)) !== undefined) continue;
      const family = address.includes(":") ? "IPv6" : "IPv4";
      const holder = { namespace, name };
      const ranges = readyRanges(parts.store, family);
      await claimAddress(parts, ranges, { address, holder, dryRun: false });
    }
    for (const port of ports) {
      if (parts.store.get({ ...nodePortScope, namespace: "", name: `${port}` })) continue;
      await claimPort(parts, { port, holder: `${namespace}/${name}`, dryRun: false });
    }
  }
}

export interface RepairParts extends AllocatorParts {
  readonly store: WatchCache;
}

/** How many claims were let go. Called at a start and every few minutes. */
export async function repairAllocations(parts: RepairParts, now: Date): Promise<number> {
  await parts.store.fresh();
  await claimMissing(parts);
  return releaseOrphans(parts, now);
}
