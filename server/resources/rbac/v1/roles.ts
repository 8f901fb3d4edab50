import { type Role, roles } from "#gen/api/rbac/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const roleResource = defineResource<Role>({
  ref: roles,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
