import { type FlowSchema, flowschemas } from "#gen/api/flowcontrol/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateFlowSchema } from "./flow-schema-validation.ts";
import { validateTypedConditions } from "./typed-conditions.ts";

export const flowSchemaResource = defineResource<FlowSchema>({
  ref: flowschemas,
  validate: validateFlowSchema,
  validateUpdate: validateFlowSchema,
  validateStatusUpdate: ({ status }) => validateTypedConditions(status?.conditions ?? []),
  default: ({ spec }) => {
    if (spec !== undefined) spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  rowOrder: (a, b) =>
    (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0) ||
    (a.metadata.name < b.metadata.name ? -1 : 1),
  cells: (object, context) => {
    const { spec, status } = object;
    return [
      object.metadata.name,
      spec?.priorityLevelConfiguration.name ?? "",
      spec?.matchingPrecedence ?? 0,
      spec?.distinguisherMethod?.type ?? "<none>",
      age(object, context),
      status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
    ];
  },
});
