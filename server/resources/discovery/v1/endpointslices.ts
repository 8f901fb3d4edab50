import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { Path } from "#apimachinery/field-error.ts";
import { type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import { age, listWithMore } from "#resources/cells.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";
import { ipWarnings } from "#resources/warnings/addresses.ts";
import { validateEndpointSlice, validateEndpointSliceUpdate } from "./endpoint-slice-validation.ts";

/** Controllers that write addresses as they should be. */
const ours = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

export const endpointSliceResource = defineResource<EndpointSlice>({
  ref: endpointslices,
  warnings: ({ metadata, addressType, endpoints }, old) => {
    const byName =
      old === undefined && addressType === "FQDN"
        ? ["spec.addressType: FQDN endpoints are deprecated"]
        : [];
    if (ours.includes(metadata.labels?.["endpointslice.kubernetes.io/managed-by"] ?? ""))
      return byName;
    const oddly = (endpoints ?? []).flatMap(({ addresses }, index) =>
      (addresses ?? []).flatMap((address, position) =>
        ipWarnings(new Path("endpoints").index(index).child("addresses").index(position), address),
      ),
    );
    return [...byName, ...oddly];
  },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  dropDisabled: ({ endpoints }) => {
    for (const endpoint of endpoints ?? []) drop(endpoint, "deprecatedTopology");
  },
  default: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  raisesGeneration: ({ metadata, ...slice }, { metadata: oldMetadata, ...old }) =>
    !meansTheSame(slice, old) || !meansTheSame(metadata.labels ?? {}, oldMetadata.labels ?? {}),
  cells: (object, context) => [
    object.metadata.name,
    object.addressType,
    listWithMore(
      (object.ports ?? []).map(({ port, name }) => `${port ?? name ?? "*"}`),
      3,
    ),
    listWithMore(
      (object.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
      3,
    ),
    age(object, context),
  ],
});
