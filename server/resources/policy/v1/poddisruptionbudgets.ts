import { type PodDisruptionBudget, poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";

export const podDisruptionBudgetResource = defineResource<PodDisruptionBudget>({
  ref: poddisruptionbudgets,
  prepareForCreate: (object) => {
    object.status = {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    };
  },
  prepareForUpdate: keepStatus,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    `${object.spec.minAvailable ?? "N/A"}`,
    `${object.spec.maxUnavailable ?? "N/A"}`,
    object.status?.disruptionsAllowed ?? 0,
    age(object, context),
  ],
});
