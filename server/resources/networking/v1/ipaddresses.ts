import { type IPAddress, ipaddresses } from "#gen/api/networking/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const ipAddressResource = defineResource<IPAddress>({
  ref: ipaddresses,
  hasGeneration: false,
  cells: ({ metadata, spec }) => {
    const { group = "", resource, namespace = "", name } = spec.parentRef;
    const kind = group === "" ? resource : `${resource}.${group}`;
    const parent = [kind.toLowerCase(), ...(namespace === "" ? [] : [namespace]), name].join("/");
    return [metadata.name, parent];
  },
});
