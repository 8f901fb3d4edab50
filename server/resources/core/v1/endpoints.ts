import { Path } from "#apimachinery/field-error.ts";
import { type Endpoints, endpoints } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { ipWarnings } from "#resources/warnings/addresses.ts";
import { validateEndpoints } from "./endpoints-validation.ts";

const managedBy = "endpoints.kubernetes.io/managed-by";

const addressesShownMax = 3;

function addressCell({ subsets = [] }: Endpoints): string {
  const addresses = subsets.flatMap((subset) => {
    const ips = (subset.addresses ?? []).map(({ ip }) => ip);
    if (subset.ports === undefined || subset.ports.length === 0) return ips;
    return subset.ports.flatMap(({ port }) =>
      ips.map((ip) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)),
    );
  });
  if (subsets.length === 0) return "<none>";
  const shown = addresses.slice(0, addressesShownMax).join(",");
  const more = addresses.length - addressesShownMax;
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

export const endpointsResource = defineResource<Endpoints>({
  ref: endpoints,
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  warnings: ({ metadata, subsets }) => {
    if (metadata.labels?.[managedBy] === "endpoint-controller") return [];
    return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [] }, index) =>
      Object.entries({ addresses, notReadyAddresses }).flatMap(([field, list]) =>
        list.flatMap(({ ip }, position) => {
          const path = new Path("subsets").index(index).child(field).index(position);
          return ipWarnings(path.child("ip"), ip);
        }),
      ),
    );
  },
  validate: (object) => validateEndpoints(object),
  validateUpdate: validateEndpoints,
  default: ({ subsets }) => {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= "TCP";
  },
  hasGeneration: false,
  allowCreateOnUpdate: true,
  cells: (object, context) => [object.metadata.name, addressCell(object), age(object, context)],
});
