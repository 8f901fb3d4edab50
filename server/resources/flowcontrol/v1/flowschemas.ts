import { type FlowSchema, flowschemas } from "#gen/api/flowcontrol/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const flowSchemaResource = defineResource<FlowSchema>({
  ref: flowschemas,
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
