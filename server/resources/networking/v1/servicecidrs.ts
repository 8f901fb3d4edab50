import { FieldChecks } from "#apimachinery/field-checks.ts";
import {
  type FieldError,
  immutableSentence,
  invalidValue,
  Path,
} from "#apimachinery/field-error.ts";
import { parseCIDR, validateCanonicalCIDR } from "#apimachinery/ip.ts";
import { type ServiceCIDR, servicecidrs } from "#gen/api/networking/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";

const cidrsPath = new Path("spec.cidrs");

function validate({ spec }: ServiceCIDR): FieldError[] {
  const checks = new FieldChecks();
  const { cidrs = [] } = spec;
  if (cidrs.length === 0) checks.required(cidrsPath, "at least one CIDR required");
  if (cidrs.length > 2) checks.invalid(cidrsPath, cidrs, "may only hold up to 2 values");
  if (checks.errors.length > 0) return checks.errors;
  for (const [index, cidr] of cidrs.entries())
    checks.add(validateCanonicalCIDR(cidrsPath.index(index), cidr));
  const [first, second] = cidrs.map((cidr) => parseCIDR(cidr)?.family);
  if (first !== undefined && first === second)
    checks.invalid(
      cidrsPath,
      cidrs,
      "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64",
    );
  return checks.errors;
}

/** A second family may join; nothing else moves. */
function validateUpdate(object: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const { cidrs = [] } = object.spec;
  const { cidrs: before = [] } = old.spec;
  const joined = before.length === 1 && cidrs.length === 2;
  if (cidrs.length !== before.length && !joined)
    return [invalidValue(cidrsPath, cidrs, immutableSentence)];
  const moved = before.flatMap((cidr, index) =>
    cidr === cidrs[index]
      ? []
      : [invalidValue(cidrsPath.index(index), cidrs[index], immutableSentence)],
  );
  return [...moved, ...(joined ? validate(object) : [])];
}

export const serviceCIDRResource = defineResource<ServiceCIDR>({
  ref: servicecidrs,
  metaRules: { wholeOnUpdate: false },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  validate,
  validateUpdate,
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    (object.spec.cidrs ?? []).join(","),
    age(object, context),
  ],
});
