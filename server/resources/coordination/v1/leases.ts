import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { type Lease, leases } from "#gen/api/coordination/v1.ts";
import { age } from "#resources/cells.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";

const specPath = new Path("spec");

function validateLease({ spec }: Lease): FieldError[] {
  const checks = new FieldChecks();
  const { leaseDurationSeconds, leaseTransitions } = spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    checks.invalid(
      specPath.child("leaseDurationSeconds"),
      leaseDurationSeconds,
      "must be greater than 0",
    );
  checks.notNegative(specPath.child("leaseTransitions"), leaseTransitions);
  return checks.errors;
}

export const leaseResource = defineResource<Lease>({
  ref: leases,
  metaRules: { anyFinalizers: true, wholeOnUpdate: false },
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: true,
  dropDisabled: ({ spec }) => drop(spec, "preferredHolder", "strategy"),
  validate: validateLease,
  validateUpdate: validateLease,
  cells: (object, context) => [
    object.metadata.name,
    object.spec?.holderIdentity ?? "",
    age(object, context),
  ],
});
