/**
 * The addresses behind the kubernetes Service: every living API server's own. Each keeps a lease of its
 * address under a resource that no URL serves (upstream: masterleases), and each writes the same
 * Endpoints and EndpointSlice from all leases that are not over.
 */
import { setTimeout } from "node:timers/promises";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { type Endpoints, endpoints } from "#gen/api/core/v1.ts";
import { type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Key, WriteResult } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";

/** Renewed this often; over after three missed renewals. */
const renewMs = 10_000;
const leaseMs = 30_000;
/** Other servers write the same two objects. */
const attemptsMax = 5;

export const serverLeaseScope = { group: "", resource: "masterleases" } as const;

const renewedAnnotation = "kubun.io/renewed";

export interface EndpointParts {
  readonly cache: WatchCache;
  /** That pods and nodes reach this server at: never a loopback address, which Endpoints refuse. */
  readonly address: string;
  readonly port: number;
  readonly clock: () => Date;
  readonly newUid: () => string;
  readonly logger: Logger;
}

/** Writes what `next` makes of the present object; undefined: it stands as it should. */
async function upsert(
  cache: WatchCache,
  key: Key,
  next: (present: KubeObject | undefined) => KubeObject | undefined,
): Promise<void> {
  let present: { readonly object: KubeObject; readonly revision: number } | undefined =
    cache.get(key);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const object = next(present?.object);
    if (object === undefined) return;
    const result: WriteResult =
      present === undefined
        ? await cache.write({ op: "create", key, object })
        : await cache.write({ op: "update", key, expected: present.revision, object });
    if (result.outcome === "written") return;
    present = result.current;
  }
}

async function renew({ cache, address, clock, newUid }: EndpointParts): Promise<void> {
  const key = { ...serverLeaseScope, namespace: "", name: address };
  await upsert(cache, key, (present) => ({
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: address,
      uid: present?.metadata.uid ?? newUid(),
      annotations: { [renewedAnnotation]: formatTime(clock()) },
    },
  }));
}

/** Addresses of the servers that live, in order. */
function livingAddresses({ cache, clock, address }: EndpointParts): readonly string[] {
  const now = clock().getTime();
  const living = cache.list(serverLeaseScope).entries.filter(({ object }) => {
    const renewed = parseTime(object.metadata.annotations?.[renewedAnnotation] ?? "");
    return renewed !== undefined && now - renewed.getTime() < leaseMs;
  });
  return [...new Set([address, ...living.map(({ key }) => key.name)])].sort();
}

const name = "kubernetes";
const namespace = "default";

function metadataOf(
  parts: EndpointParts,
  present: KubeObject | undefined,
  labels: Record<string, string>,
) {
  const { clock, newUid } = parts;
  return present === undefined
    ? { name, namespace, uid: newUid(), creationTimestamp: formatTime(clock()), labels }
    : { ...present.metadata, labels: { ...present.metadata.labels, ...labels } };
}

function changed<T extends KubeObject>(present: KubeObject | undefined, wanted: T): T | undefined {
  return present !== undefined && deepEqual(present, wanted) ? undefined : wanted;
}

async function publish(parts: EndpointParts, addresses: readonly string[]): Promise<void> {
  const { cache, port } = parts;
  const ports = [{ name: "https", port, protocol: "TCP" as const }];
  const endpointsKey = { group: endpoints.group, resource: endpoints.plural, namespace, name };
  await upsert(cache, endpointsKey, (present) => {
    const labels = { "endpointslice.kubernetes.io/skip-mirror": "true" };
    const wanted: Endpoints = {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: metadataOf(parts, present, labels),
      subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports }],
    };
    return changed(present, wanted);
  });
  const sliceKey = {
    group: endpointslices.group,
    resource: endpointslices.plural,
    namespace,
    name,
  };
  await upsert(cache, sliceKey, (present) => {
    const labels = { "kubernetes.io/service-name": name };
    const wanted: EndpointSlice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: metadataOf(parts, present, labels),
      addressType: parts.address.includes(":") ? "IPv6" : "IPv4",
      endpoints: addresses.map((each) => ({ addresses: [each], conditions: { ready: true } })),
      ports,
    };
    return changed(present, wanted);
  });
}

/** One round: this server's lease, then the addresses of all. */
export async function publishEndpoints(parts: EndpointParts): Promise<void> {
  await renew(parts);
  await publish(parts, livingAddresses(parts));
}

/** Keeps publishing until the signal; then takes this server's address out. */
export async function runEndpoints(parts: EndpointParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await publishEndpoints(parts);
    } catch (error) {
      parts.logger.warn("the kubernetes endpoints were not written", { error: String(error) });
    }
    await setTimeout(renewMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
  const key = { ...serverLeaseScope, namespace: "", name: parts.address };
  const present = parts.cache.get(key);
  if (present === undefined) return;
  const object = structuredClone(present.object);
  await parts.cache.write({ op: "delete", key, expected: present.revision, object });
  const others = livingAddresses(parts).filter((address) => address !== parts.address);
  if (others.length > 0) await publish(parts, others);
}
