import {
  type PriorityLevelConfiguration,
  prioritylevelconfigurations,
} from "#gen/api/flowcontrol/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const priorityLevelConfigurationResource = defineResource<PriorityLevelConfiguration>({
  ref: prioritylevelconfigurations,
  cells: (object, context) => {
    const limited = object.spec?.limited;
    const queuing = limited?.limitResponse?.queuing;
    return [
      object.metadata.name,
      object.spec?.type ?? "",
      limited?.nominalConcurrencyShares ?? "<none>",
      queuing?.queues ?? "<none>",
      queuing?.handSize ?? "<none>",
      queuing?.queueLengthLimit ?? "<none>",
      age(object, context),
    ];
  },
});
