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

function dropTopology({ endpoints }: EndpointSlice): void {
  for (const endpoint of endpoints ?? []) drop(endpoint, "deprecatedTopology");
}

function isChanged(
  { metadata, ...slice }: EndpointSlice,
  { metadata: before, ...old }: EndpointSlice,
): boolean {
  return !meansTheSame(slice, old) || !meansTheSame(metadata.labels ?? {}, before.labels ?? {});
}

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
  hasGeneration: false,
  prepareForCreate: (slice) => {
    slice.metadata.generation = 1;
    dropTopology(slice);
  },
  // What is not kept is a change all the same.
  prepareForUpdate: (slice, old) => {
    if (isChanged(slice, old)) slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropTopology(slice);
  },
  default: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
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
