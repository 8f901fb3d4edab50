import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { endpoints, services } from "#gen/api/core/v1.ts";
import { type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { isMirror, reconcile, serviceNameLabel } from "./reconcile.ts";

const byMirrored = "mirrored";

function mirroredBy(slice: EndpointSlice): readonly string[] {
  const { namespace = "", labels } = slice.metadata;
  return isMirror(slice) ? [objectKey(namespace, labels?.[serviceNameLabel] ?? "")] : [];
}

export const endpointSliceMirroring: Controller = {
  name: "endpointslicemirroring-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(endpoints);
    const owners = informers.of(services);
    const slices = informers.of(endpointslices, { [byMirrored]: mirroredBy });
    const look = (object: KubeObject): void => enqueue(keyOf(object));
    all.onChange({ added: look, updated: (_, object) => look(object), deleted: look });
    owners.onChange({ added: look, updated: (_, service) => look(service), deleted: look });
    const repair = (slice: EndpointSlice): void => mirroredBy(slice).forEach(enqueue);
    slices.onChange({ updated: (_, slice) => repair(slice), deleted: repair });
    return (key) => {
      const { namespace, name } = splitKey(key);
      return reconcile({
        endpoints: all.get(namespace, name),
        service: owners.get(namespace, name),
        slices: slices.byIndex(byMirrored, key),
      });
    };
  },
};
