import {
  type PriorityLevelConfiguration,
  prioritylevelconfigurations,
} from "#gen/api/flowcontrol/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validatePriorityLevel } from "./priority-level-validation.ts";
import { validateTypedConditions } from "./typed-conditions.ts";

export const priorityLevelConfigurationResource = defineResource<PriorityLevelConfiguration>({
  ref: prioritylevelconfigurations,
  validate: validatePriorityLevel,
  validateUpdate: validatePriorityLevel,
  validateStatusUpdate: ({ status }) => validateTypedConditions(status?.conditions ?? []),
  default: ({ spec }) => {
    for (const [shares, level] of [
      [30, spec?.limited],
      [0, spec?.exempt],
    ] as const) {
      if (level === undefined) continue;
      level.nominalConcurrencyShares ??= shares;
      level.lendablePercent ??= 0;
    }
    const queuing = spec?.limited?.limitResponse?.queuing;
    if (queuing === undefined) return;
    queuing.handSize ||= 8;
    queuing.queues ||= 64;
    queuing.queueLengthLimit ||= 50;
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
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
