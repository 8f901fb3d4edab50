import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import { age, listWithMore } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateEndpointSlice, validateEndpointSliceUpdate } from "./endpoint-slice-validation.ts";

export const endpointSliceResource = defineResource<EndpointSlice>({
  ref: endpointslices,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  default: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  raisesGeneration: ({ metadata, ...slice }, { metadata: oldMetadata, ...old }) =>
    !deepEqual(slice, old) || !deepEqual(metadata.labels ?? {}, oldMetadata.labels ?? {}),
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
