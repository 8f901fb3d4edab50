/**
 * The backends of a Service, a hundred to a slice. As few slices as possible are written: what is still
 * wanted stays where it is, what is new fills slices that change anyway, and only the rest makes new ones.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { create, type Effect, remove, update } from "#controllers/effects.ts";
import { controllerReference } from "#controllers/owner-references.ts";
import { hasBackends, isHeadless } from "#controllers/service-pods.ts";
import type { Pod, Service } from "#gen/api/core/v1.ts";
import { type Endpoint, type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import { desiredGroups, type Group, groupKey, type ZoneOf } from "./desired.ts";

const endpointsPerSliceMax = 100;
export const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const managedBy = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";

export interface Observed {
  /** Of the Service's selector. */
  readonly pods: readonly Pod[];
  readonly slices: readonly EndpointSlice[];
  readonly zoneOf: ZoneOf;
}

export function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[managedByLabel] === managedBy;
}

export function reconcile(service: Service, observed: Observed): readonly Effect[] {
  if (!hasBackends(service) || service.metadata.deletionTimestamp !== undefined) return [];
  const groups = desiredGroups(service, observed.pods, observed.zoneOf);
  const byGroup = new Map<string, EndpointSlice[]>();
  const stale: EndpointSlice[] = [];
  for (const slice of observed.slices.filter(isOurs)) {
    if (slice.metadata.deletionTimestamp !== undefined) continue;
    const key = groupKey(slice.addressType, slice.ports ?? []);
    if (groups.has(key)) byGroup.set(key, [...(byGroup.get(key) ?? []), slice]);
    else stale.push(slice);
  }
  const plans = [...groups].map(([key, group]) =>
    planGroup(service, group, byGroup.get(key) ?? []),
  );
  // Old slices go last: in between an endpoint is doubled, never missing.
  const deletes = [...plans.flatMap((plan) => plan.surplus), ...stale];
  return [
    ...plans.flatMap((plan) => plan.writes),
    ...deletes.map((slice) => remove(endpointslices, slice)),
  ];
}

interface Plan {
  readonly writes: readonly Effect[];
  readonly surplus: readonly EndpointSlice[];
}

interface Draft {
  readonly slice: EndpointSlice;
  readonly endpoints: Endpoint[];
  changed: boolean;
}

function planGroup(service: Service, group: Group, slices: readonly EndpointSlice[]): Plan {
  const missing = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const drafts = slices.map((slice) => keepWanted(slice, missing));
  const added = [...missing.values()];
  // First the slices that are written anyway.
  for (const draft of drafts.filter(({ changed }) => changed)) fill(draft, added);
  if (added.length > 0) {
    const fitting = drafts
      .filter(({ endpoints }) => endpoints.length + added.length <= endpointsPerSliceMax)
      .sort((a, b) => b.endpoints.length - a.endpoints.length);
    const [best] = fitting;
    if (best !== undefined) fill(best, added);
  }
  const creates = chunks(added).map((endpoints) => newSlice(service, group, endpoints));
  const full = drafts.filter(({ endpoints }) => endpoints.length > 0);
  const isEmpty = full.length === 0 && creates.length === 0;
  // Nobody serves: one empty slice says so.
  const kept = isEmpty ? drafts.slice(0, 1) : full;
  const placeholder = isEmpty && kept.length === 0 ? [newSlice(service, group, [])] : [];
  return {
    writes: [...kept.flatMap((draft) => rewrite(service, draft)), ...creates, ...placeholder],
    surplus: drafts.filter((draft) => !kept.includes(draft)).map(({ slice }) => slice),
  };
}

function identity({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ""} ${addresses.join(",")}`;
}

/** Takes what it keeps out of what is missing. */
function keepWanted(slice: EndpointSlice, missing: Map<string, Endpoint>): Draft {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const endpoint of slice.endpoints ?? []) {
    const key = identity(endpoint);
    const wanted = missing.get(key);
    if (wanted !== undefined) endpoints.push(wanted);
    if (wanted === undefined || !deepEqual(wanted, endpoint)) changed = true;
    missing.delete(key);
  }
  return { slice, endpoints, changed };
}

function fill(draft: Draft, added: Endpoint[]): void {
  const room = endpointsPerSliceMax - draft.endpoints.length;
  const taken = added.splice(0, room);
  if (taken.length === 0) return;
  draft.endpoints.push(...taken);
  draft.changed = true;
}

function chunks(endpoints: readonly Endpoint[]): readonly (readonly Endpoint[])[] {
  const count = Math.ceil(endpoints.length / endpointsPerSliceMax);
  return Array.from({ length: count }, (_, index) =>
    endpoints.slice(index * endpointsPerSliceMax, (index + 1) * endpointsPerSliceMax),
  );
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
    ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
  };
}

function newSlice(service: Service, group: Group, endpoints: readonly Endpoint[]): Effect {
  const { name, namespace = "" } = service.metadata;
  return create(endpointslices, namespace, {
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service)],
    },
    addressType: group.family,
    endpoints: [...endpoints],
    ports: [...group.ports],
  });
}

function rewrite(service: Service, { slice, endpoints, changed }: Draft): readonly Effect[] {
  const labels = labelsOf(service);
  if (!changed && deepEqual(labels, slice.metadata.labels)) return [];
  return [update(endpointslices, { ...slice, metadata: { ...slice.metadata, labels }, endpoints })];
}
