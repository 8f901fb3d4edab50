import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { selects, servicesWatcher } from "#controllers/service-pods.ts";
import { type Node, nodes, pods, services } from "#gen/api/core/v1.ts";
import { type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import { isOurs, reconcile, serviceNameLabel } from "./reconcile.ts";

const byService = "service";
const zoneLabel = "topology.kubernetes.io/zone";

function serviceOf({ metadata }: EndpointSlice): string {
  return objectKey(metadata.namespace ?? "", metadata.labels?.[serviceNameLabel] ?? "");
}

export const endpointSlice: Controller = {
  name: "endpoint-slice-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(services);
    const backends = informers.of(pods);
    const machines = informers.of(nodes);
    const slices = informers.of(endpointslices, { [byService]: (slice) => [serviceOf(slice)] });
    all.onChange({
      added: (service) => enqueue(keyOf(service)),
      updated: (_, service) => enqueue(keyOf(service)),
    });
    backends.onChange(servicesWatcher(all, enqueue));
    const repair = (slice: EndpointSlice): void => {
      if (isOurs(slice)) enqueue(serviceOf(slice));
    };
    slices.onChange({ updated: (_, slice) => repair(slice), deleted: repair });
    // A zone is given once and hardly ever changes: then every Service looks again.
    const zoneOfNode = ({ metadata }: Node): string | undefined => metadata.labels?.[zoneLabel];
    machines.onChange({
      updated(old, node) {
        if (zoneOfNode(old) === zoneOfNode(node)) return;
        for (const service of all.list()) enqueue(keyOf(service));
      },
    });
    return (key) => {
      const { namespace, name } = splitKey(key);
      const service = all.get(namespace, name);
      if (service === undefined) return [];
      const selected = backends
        .list(namespace)
        .filter(({ metadata }) => selects(service, metadata.labels));
      return reconcile(service, {
        pods: selected,
        slices: slices.byIndex(byService, key),
        zoneOf: (nodeName) => {
          const node = machines.get("", nodeName);
          return node === undefined ? undefined : zoneOfNode(node);
        },
      });
    };
  },
};
