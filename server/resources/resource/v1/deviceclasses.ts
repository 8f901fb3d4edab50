import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooMany } from "#apimachinery/field-error.ts";
import { type DeviceClass, deviceclasses } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { isExtendedResource } from "#resources/core/v1/resource-names.ts";
import { defineResource } from "#resources/resource.ts";
import { listMax, validateConfiguration, validateSelectors } from "./selector-validation.ts";

const specPath = new Path("spec");

/** Selectors that an update leaves alone are not read again. */
function validate({ spec }: DeviceClass, old?: DeviceClass): FieldError[] {
  const checks = new FieldChecks();
  const { selectors = [], config = [], extendedResourceName: extended } = spec ?? {};
  if (old === undefined || !deepEqual(selectors, old.spec?.selectors ?? []))
    validateSelectors(checks, selectors, specPath.child("selectors"));
  const configPath = specPath.child("config");
  if (config.length > listMax) checks.add([tooMany(configPath, config.length, listMax)]);
  for (const [index, one] of config.entries())
    validateConfiguration(checks, one, configPath.index(index));
  if (extended !== undefined && !isExtendedResource(extended))
    checks.invalid(
      specPath.child("extendedResourceName"),
      extended,
      "must be a valid extended resource name",
    );
  return checks.errors;
}

export const deviceClassResource = defineResource<DeviceClass>({
  ref: deviceclasses,
  validate: (object) => validate(object),
  validateUpdate: validate,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
