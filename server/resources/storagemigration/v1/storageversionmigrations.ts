import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1035Label, isDNS1123Subdomain, validateImmutable } from "#apimachinery/validate.ts";
import {
  type StorageVersionMigration,
  storageversionmigrations,
} from "#gen/api/storagemigration/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateConditions } from "#resources/validate-conditions.ts";

function validate({ spec }: StorageVersionMigration): FieldError[] {
  const checks = new FieldChecks();
  const { resource = "", group = "" } = spec?.resource ?? {};
  const path = new Path("spec.resource");
  const resourcePath = path.child("resource");
  const faults = isDNS1035Label(resource);
  if (checks.present(resourcePath, resource, "resource is required to be set") && faults.length > 0)
    checks.invalid(resourcePath, resource, faults.join(","));
  const groupFaults = group === "" ? [] : isDNS1123Subdomain(group);
  if (groupFaults.length > 0) checks.invalid(path.child("group"), group, groupFaults.join(","));
  return checks.errors;
}

const holds = ({ status }: StorageVersionMigration, wanted: string): boolean =>
  status?.conditions?.some(({ type, status }) => type === wanted && status === "True") === true;

/** What has ended stays ended, one way. */
function validateStatusUpdate(
  object: StorageVersionMigration,
  old: StorageVersionMigration,
): FieldError[] {
  const checks = new FieldChecks();
  const path = new Path("status");
  const versionPath = path.child("resourceVersion");
  const conditionsPath = path.child("conditions");
  const { resourceVersion: version = "", conditions } = object.status ?? {};
  const before = old.status?.resourceVersion ?? "";
  if (version !== "" && !/^[1-9][0-9]*$/.test(version))
    checks.invalid(versionPath, version, `resource version is not well formed: ${version}`);
  checks.add(validateConditions(conditions, conditionsPath));
  if (before !== "" && before !== version)
    checks.invalid(versionPath, version, "field is immutable");
  if (holds(object, "Succeeded") && holds(object, "Failed"))
    checks.invalid(
      conditionsPath,
      conditions,
      "Both success and failed conditions cannot be true at the same time",
    );
  for (const [type, word] of [
    ["Succeeded", "Success"],
    ["Failed", "Failed"],
  ] as const)
    if (holds(old, type) && !holds(object, type))
      checks.invalid(
        conditionsPath,
        conditions,
        `${word} condition cannot be set to false once it is true`,
      );
  return checks.errors;
}

export const storageVersionMigrationResource = defineResource<StorageVersionMigration>({
  ref: storageversionmigrations,
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...validateImmutable(object.spec, old.spec, new Path("spec")),
  ],
  validateStatusUpdate,
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec, status }) => {
    const { group = "", resource = "" } = spec?.resource ?? {};
    const state = status?.conditions?.findLast(
      (one) => one.status === "True" && ["Succeeded", "Failed", "Running"].includes(one.type),
    );
    const shown = group === "" ? resource : `${resource}.${group}`;
    return [metadata.name, shown, state?.type ?? "Unknown"];
  },
});
