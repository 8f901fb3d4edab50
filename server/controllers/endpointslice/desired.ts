/** The endpoints that a Service should have, grouped as slices are: by address family and ports. */
import { isPodReady, isPodTerminating } from "#controllers/pod-conditions.ts";
import {
  addressesOf,
  familiesOf,
  hostnameIn,
  type IpFamily,
  mayServe,
  targetPort,
} from "#controllers/service-pods.ts";
import type { Pod, Service } from "#gen/api/core/v1.ts";
import type { Endpoint, EndpointPort } from "#gen/api/discovery/v1.ts";

export interface Group {
  readonly family: IpFamily;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** The zone of a node; undefined: it has none, or is not known. */
export type ZoneOf = (nodeName: string) => string | undefined;

export function groupKey(family: string, ports: readonly EndpointPort[]): string {
  const texts = ports.map(({ name = "", port, protocol = "TCP", appProtocol = "" }) =>
    [name, port, protocol, appProtocol].join("/"),
  );
  return `${family} ${texts.sort().join(",")}`;
}

/** Every family of the Service has at least one group, so that an empty slice says "nobody" rather than nothing. */
export function desiredGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: ZoneOf,
): ReadonlyMap<string, Group> {
  const groups = new Map<
    string,
    { family: IpFamily; ports: EndpointPort[]; endpoints: Endpoint[] }
  >();
  for (const family of familiesOf(service)) {
    for (const pod of pods.filter(mayServe)) {
      const addresses = addressesOf(pod, family);
      if (addresses.length === 0) continue;
      const ports = portsOf(service, pod);
      const key = groupKey(family, ports);
      const group = groups.get(key) ?? { family, ports, endpoints: [] };
      group.endpoints.push(endpointOf(service, pod, { addresses, zoneOf }));
      groups.set(key, group);
    }
    const any = [...groups.values()].some((group) => group.family === family);
    if (!any) groups.set(groupKey(family, []), { family, ports: [], endpoints: [] });
  }
  return groups;
}

function portsOf({ spec }: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of spec.ports ?? []) {
    const number = targetPort(pod, port);
    if (number === undefined) continue;
    const { name = "", protocol = "TCP", appProtocol } = port;
    const shown = { name, port: number, protocol };
    ports.push(appProtocol === undefined ? shown : { ...shown, appProtocol });
  }
  return ports;
}

interface EndpointParts {
  readonly addresses: readonly string[];
  readonly zoneOf: ZoneOf;
}

function endpointOf(service: Service, pod: Pod, { addresses, zoneOf }: EndpointParts): Endpoint {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName = "" } = pod.spec;
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const zone = nodeName === "" ? undefined : zoneOf(nodeName);
  const hostname = hostnameIn(service, pod);
  const endpoint: Endpoint = {
    addresses: [...addresses],
    conditions: { ready, serving, terminating },
    targetRef: { kind: "Pod", namespace, name, uid },
  };
  if (hostname !== undefined) endpoint.hostname = hostname;
  if (nodeName !== "") endpoint.nodeName = nodeName;
  if (zone !== undefined) endpoint.zone = zone;
  const hints = ready ? hintsOf(service, { zone, nodeName }) : undefined;
  if (hints !== undefined) endpoint.hints = hints;
  return endpoint;
}

function hintsOf(
  { spec }: Service,
  { zone, nodeName }: { readonly zone: string | undefined; readonly nodeName: string },
): Endpoint["hints"] {
  const preference = spec.trafficDistribution;
  const zones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  if (preference === "PreferSameNode" && nodeName !== "") {
    return { ...zones, forNodes: [{ name: nodeName }] };
  }
  const near = preference === "PreferClose" || preference === "PreferSameZone";
  return near && zone !== undefined ? zones : undefined;
}
