import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooMany } from "#apimachinery/field-error.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";
import { type DeviceClass, deviceclasses } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { isNativeResource } from "#resources/core/v1/resource-names.ts";
import { defineResource } from "#resources/resource.ts";
import { listMax, validateConfiguration, validateSelectors } from "./selector-validation.ts";

const specPath = new Path("spec");

function extendedName(checks: FieldChecks, name: string, path: Path): void {
  if (!name.includes("/"))
    checks.invalid(
      path,
      name,
      "a name must be a domain-prefixed path, such as 'example.com/my-prop'",
    );
  else if (isNativeResource(name) || name.startsWith("requests."))
    checks.invalid(path, name, 'must not have "kubernetes.io/" domain');
  // Quotas count it under this prefix.
  checks.each(path, name, isQualifiedName(`requests.${name}`));
}

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
  const extendedPath = specPath.child("extendedResourceName");
  if (extended !== undefined) extendedName(checks, extended, extendedPath);
  return checks.errors;
}

export const deviceClassResource = defineResource<DeviceClass>({
  ref: deviceclasses,
  metaRules: { anyGenerateName: true },
  validate: (object) => validate(object),
  validateUpdate: validate,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
