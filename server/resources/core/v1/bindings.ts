import { type Binding, bindings } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const bindingResource = defineResource<Binding>({
  ref: bindings,
});
