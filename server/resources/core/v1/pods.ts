import { type Pod, pods } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const podResource = defineResource<Pod>({
  ref: pods,
});
