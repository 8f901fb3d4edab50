/** Extended resources that classes of devices stand for, container by container. */
import type { Container, Node, Pod } from "#gen/api/core/v1.ts";
import type { DeviceRequest, ResourceClaim } from "#gen/api/resource/v1.ts";
import type { Devices } from "./devices.ts";
import { amounts, podRequests } from "./requests.ts";

const implicit = "deviceclass.resource.kubernetes.io/";
const mark = "resource.kubernetes.io/extended-resource-claim";

/** Name of the class that stands for the resource. */
export function classFor(resource: string, { classes }: Devices): string | undefined {
  if (resource.startsWith(implicit)) {
    const name = resource.slice(implicit.length);
    return classes.some(({ metadata }) => metadata.name === name) ? name : undefined;
  }
  const [youngest] = classes
    .filter(({ spec }) => spec.extendedResourceName === resource)
    .sort((a, b) => {
      const [one = "", other = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
      return one === other ? (a.metadata.name < b.metadata.name ? -1 : 1) : one > other ? -1 : 1;
    });
  return youngest?.metadata.name;
}

/** By devices, on this node. */
export function isServedByDevices(resource: string, node: Node, devices: Devices): boolean {
  if (classFor(resource, devices) === undefined) return false;
  return (amounts(node.status.allocatable)[resource] ?? 0) === 0;
}

function served(pod: Pod, node: Node, devices: Devices): string[] {
  return Object.entries(podRequests(pod))
    .filter(([name, amount]) => amount > 0 && isServedByDevices(name, node, devices))
    .map(([name]) => name);
}

const amountIn = ({ resources }: Container, resource: string) =>
  Number(amounts(resources?.requests)[resource] ?? 0);

/** The requests of one resource: what lasts has its own, the most that ends before lacks is asked for beside. */
function requestsFor(pod: Pod, resource: string, deviceClassName: string): DeviceRequest[] {
  const { initContainers = [], containers } = pod.spec;
  const all = [...initContainers, ...containers];
  const ends = all.map(
    (one, index) => index < initContainers.length && one.restartPolicy !== "Always",
  );
  const nameOf = (index: number) => {
    const names = Object.keys(all[index]?.resources?.requests ?? {}).sort();
    return `container-${index}-request-${names.indexOf(resource)}`;
  };
  const lasting = all.map((one, index) => (ends[index] ? 0 : amountIn(one, resource)));
  const found = lasting.map((count, index) => ({ name: nameOf(index), count }));
  const lacking = all.map((one, index) => {
    if (!ends[index]) return { name: "", count: 0 };
    const later = lasting.slice(index).reduce((sum, count) => sum + count, 0);
    return { name: nameOf(index), count: Math.max(0, amountIn(one, resource) - later) };
  });
  const most = Math.max(0, ...lacking.map(({ count }) => count));
  const extra = lacking.find(({ count }) => count === most);
  return [...found, ...(extra === undefined ? [] : [extra])]
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => ({
      name,
      exactly: { deviceClassName, allocationMode: "ExactCount", count },
    }));
}

/** Of the pod, from an attempt before. */
export function isLeftBehind(pod: Pod, { metadata }: ResourceClaim): boolean {
  if (metadata.annotations?.[mark] !== "true") return false;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner !== undefined && owner.uid === pod.metadata.uid;
}

export function asksForDevices(pod: Pod, devices: Devices): boolean {
  return Object.entries(podRequests(pod)).some(
    ([name, amount]) => amount > 0 && classFor(name, devices) !== undefined,
  );
}

/** What the scheduler would claim for the pod on the node; undefined: nothing. */
export function claimForResources(
  pod: Pod,
  node: Node,
  devices: Devices,
): ResourceClaim | undefined {
  const requests = served(pod, node, devices)
    .flatMap((resource) => requestsFor(pod, resource, classFor(resource, devices) ?? ""))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (requests.length === 0) return undefined;
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: { name: "<extended-resources>", namespace: pod.metadata.namespace },
    spec: { devices: { requests } },
    status: {},
  };
}
