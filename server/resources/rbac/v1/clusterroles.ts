import { type ClusterRole, clusterroles } from "#gen/api/rbac/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const clusterRoleResource = defineResource<ClusterRole>({
  ref: clusterroles,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
