import { type PriorityClass, priorityclasses } from "#gen/api/scheduling/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const priorityClassResource = defineResource<PriorityClass>({
  ref: priorityclasses,
  default: (priorityClass) => {
    priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
  },
  cells: (object, context) => [
    object.metadata.name,
    object.value ?? 0,
    object.globalDefault ?? false,
    age(object, context),
    object.preemptionPolicy ?? "",
  ],
});
