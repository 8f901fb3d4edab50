/** The older form of a Service's backends: one object, at most a thousand addresses, one family. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { create, type Effect, remove, update } from "#controllers/effects.ts";
import { isPodReady, isPodTerminating } from "#controllers/pod-conditions.ts";
import {
  addressesOf,
  familiesOf,
  hasBackends,
  hostnameIn,
  isHeadless,
  mayServe,
  targetPort,
} from "#controllers/service-pods.ts";
import {
  type EndpointAddress,
  type EndpointPort,
  type EndpointSubset,
  type Endpoints,
  endpoints,
  type Pod,
  type Service,
} from "#gen/api/core/v1.ts";

const addressesMax = 1000;
const overCapacity = "endpoints.kubernetes.io/over-capacity";
const managedByLabel = "endpoints.kubernetes.io/managed-by";
const headlessLabel = "service.kubernetes.io/headless";

export interface Observed {
  readonly service: Service | undefined;
  readonly pods: readonly Pod[];
  readonly current: Endpoints | undefined;
}

export function reconcile({ service, pods, current }: Observed): readonly Effect[] {
  if (service === undefined) {
    const ours = current?.metadata.labels?.[managedByLabel] !== undefined;
    return current !== undefined && ours ? [remove(endpoints, current)] : [];
  }
  if (!hasBackends(service)) return [];
  const { subsets, truncated } = truncate(subsetsOf(service, pods));
  const labels = {
    ...service.metadata.labels,
    [managedByLabel]: "endpoint-controller",
    ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
  };
  const annotations = truncated ? { [overCapacity]: "truncated" } : {};
  const { name, namespace = "" } = service.metadata;
  if (current === undefined) {
    const metadata = { name, namespace, labels, ...(truncated ? { annotations } : {}) };
    return [create(endpoints, namespace, { metadata, subsets: [...subsets] })];
  }
  const { [overCapacity]: before, ...others } = current.metadata.annotations ?? {};
  const same =
    deepEqual(current.subsets ?? [], subsets) &&
    deepEqual(current.metadata.labels, labels) &&
    (before !== undefined) === truncated;
  if (same) return [];
  const metadata = { ...current.metadata, labels, annotations: { ...others, ...annotations } };
  return [update(endpoints, { ...current, metadata, subsets: [...subsets] })];
}

/** Pods with equal ports stand together, in the order of their addresses: equal backends give equal objects. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const groups = new Map<
    string,
    { ports: EndpointPort[]; ready: EndpointAddress[]; not: EndpointAddress[] }
  >();
  const [family = "IPv4"] = familiesOf(service);
  for (const pod of pods.filter(mayServe)) {
    const [ip] = addressesOf(pod, family);
    const published = service.spec.publishNotReadyAddresses === true;
    if (ip === undefined || (isPodTerminating(pod) && !published)) continue;
    const ports = portsOf(service, pod);
    if (ports.length === 0 && !isHeadless(service)) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], not: [] };
    groups.set(key, group);
    (published || isPodReady(pod) ? group.ready : group.not).push(addressOf(service, pod, ip));
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => subsetOf(group));
}

function subsetOf(group: {
  readonly ports: EndpointPort[];
  readonly ready: EndpointAddress[];
  readonly not: EndpointAddress[];
}): EndpointSubset {
  const sorted = (addresses: EndpointAddress[]) => addresses.sort((a, b) => (a.ip < b.ip ? -1 : 1));
  return {
    ...(group.ready.length === 0 ? {} : { addresses: sorted(group.ready) }),
    ...(group.not.length === 0 ? {} : { notReadyAddresses: sorted(group.not) }),
    ...(group.ports.length === 0 ? {} : { ports: group.ports }),
  };
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName = "" } = pod.spec;
  const hostname = hostnameIn(service, pod);
  return {
    ip,
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName === "" ? {} : { nodeName }),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

function portsOf({ spec }: Service, pod: Pod): EndpointPort[] {
  return (spec.ports ?? []).flatMap((port) => {
    const number = targetPort(pod, port);
    if (number === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = port;
    return [
      {
        ...(name === undefined || name === "" ? {} : { name }),
        port: number,
        protocol,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ];
  });
}

/** Ready ones stay before those that are not. */
function truncate(subsets: readonly EndpointSubset[]): {
  readonly subsets: readonly EndpointSubset[];
  readonly truncated: boolean;
} {
  const count = (of: (subset: EndpointSubset) => readonly EndpointAddress[] | undefined) =>
    subsets.reduce((sum, subset) => sum + (of(subset)?.length ?? 0), 0);
  const ready = count(({ addresses }) => addresses);
  const total = ready + count(({ notReadyAddresses }) => notReadyAddresses);
  if (total <= addressesMax) return { subsets, truncated: false };
  let readyLeft = addressesMax;
  let notLeft = Math.max(0, addressesMax - ready);
  const cut = subsets.map((subset) => {
    const addresses = (subset.addresses ?? []).slice(0, readyLeft);
    const notReadyAddresses = (subset.notReadyAddresses ?? []).slice(0, notLeft);
    readyLeft -= addresses.length;
    notLeft -= notReadyAddresses.length;
    return {
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
      ...(subset.ports === undefined ? {} : { ports: subset.ports }),
    };
  });
  const kept = cut.filter((it) => "addresses" in it || "notReadyAddresses" in it);
  return { subsets: kept, truncated: true };
}
