/**
 * Extended resources that a DeviceClass stands for: where no device plugin of the node serves them, the scheduler claims
 * devices of the class, in one claim that it makes for the pod (KEP-5004).
 */
import { isControlledBy } from "#apimachinery/controller-of.ts";
import type { Container, ContainerExtendedResourceRequest, Pod } from "#gen/api/core/v1.ts";
import type { DeviceClass, DeviceRequest, ResourceClaim } from "#gen/api/resource/v1.ts";
import { isExtendedResource } from "#resources/core/v1/resource-names.ts";
import { amountOf, podRequests } from "#scheduler/pod-requests.ts";

/** Before the name of a class: the resource that every class stands for. */
const implicitPrefix = "deviceclass.resource.kubernetes.io/";
const annotation = "resource.kubernetes.io/extended-resource-claim";
/** No claim of the API can be called so: it has not been made yet. */
const placeholder = "<extended-resources>";

/** Can devices stand for it? */
export function mayBeDevices(resource: string): boolean {
  return isExtendedResource(resource) || resource.startsWith(implicitPrefix);
}

/** Resource -> the class that stands for it. */
export type ResourceClasses = ReadonlyMap<string, DeviceClass>;

/** Of two classes that name one resource the younger counts, of those of one age the first by name. */
function outranks(one: DeviceClass, other: DeviceClass): boolean {
  const [mine, theirs] = [one, other].map(({ metadata }) => metadata.creationTimestamp ?? "");
  if (mine !== theirs) return (mine ?? "") > (theirs ?? "");
  return one.metadata.name < other.metadata.name;
}

export function classesByResource(classes: readonly DeviceClass[]): ResourceClasses {
  const found = new Map<string, DeviceClass>();
  for (const one of classes) {
    found.set(`${implicitPrefix}${one.metadata.name}`, one);
    const { extendedResourceName } = one.spec;
    if (extendedResourceName === undefined) continue;
    const other = found.get(extendedResourceName);
    if (other === undefined || outranks(one, other)) found.set(extendedResourceName, one);
  }
  return found;
}

/** Resources that the class stands for. */
export function resourcesOf({ metadata, spec }: DeviceClass): readonly string[] {
  const { extendedResourceName } = spec;
  const implicit = `${implicitPrefix}${metadata.name}`;
  return extendedResourceName === undefined ? [implicit] : [implicit, extendedResourceName];
}

/** What the pod requests that devices may stand for. */
export function requestedDevices(pod: Pod): readonly string[] {
  return [...podRequests(pod)].flatMap(([name, amount]) =>
    amount > 0 && mayBeDevices(name) ? [name] : [],
  );
}

interface Asked {
  /** Place among the pod's containers, those that start first in front. */
  readonly index: number;
  readonly container: Container;
  readonly amount: number;
}

export interface DeviceNeed {
  readonly requests: readonly DeviceRequest[];
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

function requestName({ index, container }: Asked, resource: string): string {
  const names = Object.keys(container.resources?.requests ?? {}).sort();
  return `container-${index}-request-${names.indexOf(resource)}`;
}

interface Counted {
  readonly name: string;
  readonly count: number;
}

/** Requests for one resource. Containers that end before others start use what those will have, and what they lack is asked for once. */
function needOf(resource: string, asked: readonly Asked[], isBrief: (one: Asked) => boolean) {
  const mapping = ({ container: { name } }: Asked, requestName: string) => ({
    containerName: name,
    resourceName: resource,
    requestName,
  });
  const lasting = asked
    .filter((one) => !isBrief(one))
    .map((one) => ({ one, name: requestName(one, resource), count: one.amount }));
  const brief: { one: Asked; uses: string[]; own: Counted | undefined }[] = [];
  for (const one of asked.filter(isBrief)) {
    let left = one.amount;
    const uses: string[] = [];
    for (const { one: later, name, count } of lasting) {
      if (later.index < one.index || left <= 0) continue;
      uses.push(name);
      left -= count;
    }
    const own = left > 0 ? { name: requestName(one, resource), count: left } : undefined;
    brief.push({ one, uses, own });
  }
  const extra = brief.reduce<Counted | undefined>(
    (most, { own }) => (own !== undefined && own.count > (most?.count ?? 0) ? own : most),
    undefined,
  );
  return {
    counted: [...(extra === undefined ? [] : [extra]), ...lasting],
    mappings: [
      ...lasting.map(({ one, name }) => mapping(one, name)),
      ...brief.flatMap(({ one, uses, own }) =>
        [...uses, ...(own === undefined ? [] : [extra?.name ?? own.name])].map((name) =>
          mapping(one, name),
        ),
      ),
    ],
  };
}

/** The requests of the claim for these resources, and which of them serve which container. */
export function deviceNeed(
  { spec }: Pick<Pod, "spec">,
  resources: readonly string[],
  classes: ResourceClasses,
): DeviceNeed {
  const starting = spec.initContainers ?? [];
  const containers = [...starting, ...spec.containers];
  const isBrief = ({ index, container }: Asked) =>
    index < starting.length && container.restartPolicy !== "Always";
  const requests: DeviceRequest[] = [];
  const mappings: ContainerExtendedResourceRequest[] = [];
  for (const resource of [...resources].sort()) {
    const deviceClassName = classes.get(resource)?.metadata.name ?? "";
    const asked = containers.flatMap((container, index) => {
      const amount = amountOf(resource, container.resources?.requests?.[resource] ?? "0");
      return amount > 0 ? [{ index, container, amount }] : [];
    });
    const need = needOf(resource, asked, isBrief);
    mappings.push(...need.mappings);
    for (const { name, count } of need.counted)
      requests.push({
        name,
        exactly: { deviceClassName, allocationMode: "ExactCount", count },
      });
  }
  requests.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { requests, mappings };
}

/** The claim for the pod's resources, not made yet: `uid` is good until then. */
export function extendedClaim(
  { metadata: { name, namespace, uid = "" } }: Pod,
  requests: readonly DeviceRequest[],
  ownUid: string,
): ResourceClaim {
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: {
      namespace,
      name: placeholder,
      uid: ownUid,
      generateName: `${name}-extended-resources-`,
      annotations: { [annotation]: "true" },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid, controller: true }],
    },
    spec: { devices: { requests: [...requests] } },
    status: {},
  };
}

/** Was it made for resources of the pod, in an attempt that came to nothing? */
export function isExtendedClaimOf(pod: Pod, claim: ResourceClaim): boolean {
  return claim.metadata.annotations?.[annotation] === "true" && isControlledBy(claim, pod);
}
