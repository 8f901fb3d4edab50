import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import { type VolumeAttributesClass, volumeattributesclasses } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateParameters, validateProvisioner } from "./parameters.ts";

function check({ driverName, parameters = {} }: VolumeAttributesClass): FieldChecks {
  const checks = new FieldChecks();
  const path = new Path("parameters");
  checks.add(validateProvisioner(driverName, new Path("driverName")));
  checks.add(validateParameters(parameters, path));
  if (Object.keys(parameters).length === 0)
    checks.required(path, "must contain at least one key/value pair");
  return checks;
}

export const volumeAttributesClassResource = defineResource<VolumeAttributesClass>({
  ref: volumeattributesclasses,
  validate: (object) => check(object).errors,
  validateUpdate: (object, old) => {
    const checks = new FieldChecks();
    for (const field of ["driverName", "parameters"] as const)
      if (!deepEqual(object[field] ?? {}, old[field] ?? {}))
        checks.forbidden(new Path(field), `updates to ${field} are forbidden.`);
    return [...checks.errors, ...check(object).errors];
  },
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, object.driverName, age(object, context)],
});
