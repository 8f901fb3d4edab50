import type { Controller } from "#controllers/controller.ts";
import { clusterroles } from "#gen/api/rbac/v1.ts";
import { reconcile } from "./reconcile.ts";

const aggregating = "aggregating";

export const clusterRoleAggregation: Controller = {
  name: "clusterrole-aggregation-controller",
  workers: 1,
  watch({ informers, enqueue }) {
    const all = informers.of(clusterroles, {
      [aggregating]: ({ aggregationRule }) => (aggregationRule === undefined ? [] : ["yes"]),
    });
    // Those that aggregate are few, whatever changes.
    const wake = (): void => {
      for (const { metadata } of all.byIndex(aggregating, "yes")) enqueue(metadata.name);
    };
    all.onChange({ added: wake, updated: wake, deleted: wake });
    return (name) => {
      const role = all.get("", name);
      return role === undefined ? [] : reconcile(role, all.list());
    };
  },
};
