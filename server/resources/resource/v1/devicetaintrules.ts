import { type DeviceTaintRule, devicetaintrules } from "#gen/api/resource/v1.ts";
import { age, since } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const deviceTaintRuleResource = defineResource<DeviceTaintRule>({
  ref: devicetaintrules,
  cells: (object, context) => [
    object.metadata.name,
    object.spec.taint.key,
    object.spec.taint.value ?? "",
    object.spec.taint.effect,
    since(object.spec.taint.timeAdded, context),
    age(object, context),
  ],
});
