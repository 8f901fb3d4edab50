import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { selects, servicesWatcher } from "#controllers/service-pods.ts";
import { endpoints, pods, services } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const endpointsMirror: Controller = {
  name: "endpoint-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(services);
    const backends = informers.of(pods);
    const written = informers.of(endpoints);
    all.onChange({
      added: (service) => enqueue(keyOf(service)),
      updated: (_, service) => enqueue(keyOf(service)),
      deleted: (service) => enqueue(keyOf(service)),
    });
    backends.onChange(servicesWatcher(all, enqueue));
    written.onChange({
      updated: (_, object) => enqueue(keyOf(object)),
      deleted: (object) => enqueue(keyOf(object)),
    });
    return (key) => {
      const { namespace, name } = splitKey(key);
      const service = all.get(namespace, name);
      const current = written.get(namespace, name);
      if (service === undefined) return reconcile({ service, pods: [], current });
      const selected = backends
        .list(namespace)
        .filter(({ metadata }) => selects(service, metadata.labels));
      return reconcile({ service, pods: selected, current });
    };
  },
};
