import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type DeviceTaintRule, devicetaintrules } from "#gen/api/resource/v1.ts";
import { age, since } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateConditions } from "#resources/validate-conditions.ts";
import { deviceName, driverName, poolName } from "./names.ts";
import { validateTaint } from "./slice-validation.ts";

function validate({ spec }: DeviceTaintRule): FieldError[] {
  const checks = new FieldChecks();
  const path = new Path("spec.deviceSelector");
  const { driver, pool, device } = spec?.deviceSelector ?? {};
  if (driver !== undefined) driverName(checks, path.child("driver"), driver);
  if (pool !== undefined) poolName(checks, path.child("pool"), pool);
  if (device !== undefined) deviceName(checks, path.child("device"), device);
  validateTaint(checks, spec?.taint ?? { key: "", effect: "None" }, new Path("spec.taint"));
  return checks.errors;
}

/** A taint says since when it is. */
function stampTaint({ spec }: DeviceTaintRule, now: Date): void {
  if (spec?.taint !== undefined) spec.taint.timeAdded ??= formatTime(now);
}

export const deviceTaintRuleResource = defineResource<DeviceTaintRule>({
  ref: devicetaintrules,
  default: (rule, now) => {
    if (now !== undefined) stampTaint(rule, now);
  },
  prepareForCreate: (rule) => {
    rule.status = {};
  },
  prepareForUpdate: keepStatus,
  metaRules: { wholeOnUpdate: false },
  allowUnconditionalUpdate: false,
  validate,
  validateUpdate: validate,
  validateStatusUpdate: ({ status }) =>
    validateConditions(status?.conditions, new Path("status.conditions")),
  cells: (object, context) => [
    object.metadata.name,
    object.spec.taint.key,
    object.spec.taint.value ?? "",
    object.spec.taint.effect,
    object.spec.taint.timeAdded === undefined ? "" : since(object.spec.taint.timeAdded, context),
    age(object, context),
  ],
});
