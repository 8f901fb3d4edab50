/** Endpoints that somebody wrote by hand, as the slices that everybody reads. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { create, type Effect, remove, update } from "#controllers/effects.ts";
import { controllerReference } from "#controllers/owner-references.ts";
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from "#gen/api/core/v1.ts";
import { type Endpoint, type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";

const mirroringName = "endpointslicemirroring-controller.k8s.io";
export const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

/** Upstream mirrors no more of one subset. */
const addressesMax = 1_000;

export interface Observed {
  readonly endpoints: Endpoints | undefined;
  /** Of the same name. */
  readonly service: Service | undefined;
  /** That mirror these endpoints. */
  readonly slices: readonly EndpointSlice[];
}

export function isMirror({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[managedByLabel] === mirroringName;
}

/** Only for a Service without a selector: the others have their slices from their pods. */
function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  const hasSelector = Object.keys(service?.spec.selector ?? {}).length > 0;
  const skipped = metadata.labels?.[skipLabel] === "true";
  const elected = metadata.annotations?.[leaderAnnotation] !== undefined;
  const going = metadata.deletionTimestamp !== undefined;
  return service !== undefined && !hasSelector && !skipped && !elected && !going;
}

type Wanted = Pick<EndpointSlice, "addressType" | "ports" | "endpoints">;

function endpointOf(address: EndpointAddress, ready: boolean): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

function wantedOf({
  addresses = [],
  notReadyAddresses = [],
  ports = [],
}: EndpointSubset): Wanted[] {
  const all = [
    ...addresses.map((address) => endpointOf(address, true)),
    ...notReadyAddresses.map((address) => endpointOf(address, false)),
  ].slice(0, addressesMax);
  const families = Map.groupBy(all, ({ addresses: [ip = ""] }) =>
    ip.includes(":") ? ("IPv6" as const) : ("IPv4" as const),
  );
  return [...families].map(([addressType, endpoints]) => ({ addressType, ports, endpoints }));
}

const portsKey = ({ addressType, ports = [] }: Wanted): string =>
  JSON.stringify([
    addressType,
    ports.map(({ name = "", port, protocol = "TCP" }) => [name, port, protocol]),
  ]);

export function reconcile({ endpoints, service, slices }: Observed): readonly Effect[] {
  if (endpoints === undefined || !isMirrored(endpoints, service)) {
    return slices.map((slice) => remove(endpointslices, slice));
  }
  const left = [...slices];
  const effects: Effect[] = [];
  for (const wanted of (endpoints.subsets ?? []).flatMap(wantedOf)) {
    const at = left.findIndex((slice) => portsKey(slice) === portsKey(wanted));
    const [known] = at < 0 ? [] : left.splice(at, 1);
    if (known === undefined) effects.push(made(endpoints, wanted));
    else if (!deepEqual(known.endpoints, wanted.endpoints) || !isLabelled(known, endpoints)) {
      const metadata = { ...known.metadata, labels: labelsOf(endpoints) };
      effects.push(update(endpointslices, { ...known, ...wanted, metadata }));
    }
  }
  return [...effects, ...left.map((slice) => remove(endpointslices, slice))];
}

function labelsOf({ metadata }: Endpoints): Record<string, string> {
  const { name, labels } = metadata;
  return { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirroringName };
}

function isLabelled({ metadata }: EndpointSlice, endpoints: Endpoints): boolean {
  return deepEqual(metadata.labels, labelsOf(endpoints));
}

function made(endpoints: Endpoints, wanted: Wanted): Effect {
  const { name, namespace = "" } = endpoints.metadata;
  const metadata = {
    generateName: `${name}-`,
    labels: labelsOf(endpoints),
    ownerReferences: [controllerReference(endpoints)],
  };
  return create(endpointslices, namespace, { metadata, ...wanted });
}
