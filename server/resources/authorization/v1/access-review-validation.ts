/** Validation of the questions whether somebody may: SubjectAccessReview and its local and self forms. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isLabelValue, isQualifiedName } from "#apimachinery/validate.ts";
import type {
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from "#gen/api/authorization/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";

const specPath = new Path("spec");
const attributesPath = specPath.child("resourceAttributes");

function asked(checks: FieldChecks, spec: SelfSubjectAccessReviewSpec): void {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined))
    checks.invalid(
      specPath,
      nonResourceAttributes ?? null,
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
  if (resourceAttributes === undefined) return;
  selector(checks, resourceAttributes, "fieldSelector");
  selector(checks, resourceAttributes, "labelSelector");
}

function selector(
  checks: FieldChecks,
  attributes: ResourceAttributes,
  field: "fieldSelector" | "labelSelector",
): void {
  const given = attributes[field];
  if (given === undefined) return;
  const path = attributesPath.child(field);
  const { rawSelector = "", requirements = [] } = given;
  if (rawSelector !== "" && requirements.length > 0)
    checks.invalid(
      path.child("rawSelector"),
      rawSelector,
      "may not specified at the same time as requirements",
    );
  if (rawSelector === "" && requirements.length === 0)
    checks.required(
      path.child("requirements"),
      `when ${path.text} is specified, requirements or rawSelector is required`,
    );
  for (const [index, { key = "", operator = "", values = [] }] of requirements.entries()) {
    const here = path.child("requirements").index(index);
    const wants = operator === "In" || operator === "NotIn";
    const refuses = operator === "Exists" || operator === "DoesNotExist";
    if (wants && values.length === 0)
      checks.required(here.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
    if (refuses && values.length > 0)
      checks.forbidden(
        here.child("values"),
        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      );
    if (field === "fieldSelector") checks.present(here.child("key"), key);
    else {
      checks.each(here.child("key"), key, isQualifiedName(key));
      for (const [position, value] of values.entries())
        checks.each(here.child("values").index(position), value, isLabelValue(value));
    }
  }
}

/** A question is about nobody's object. */
function noMeta(checks: FieldChecks, metadata: ObjectMeta | undefined, local: boolean): void {
  const { managedFields: _, namespace, creationTimestamp: __, ...rest } = metadata ?? {};
  const said = Object.values(rest).some((value) => value !== undefined && value !== "");
  if (said || (!local && (namespace ?? "") !== ""))
    checks.invalid(
      new Path("metadata"),
      metadata,
      local ? "must be empty except for namespace" : "must be empty",
    );
}

function subject(checks: FieldChecks, { user, groups }: SubjectAccessReviewSpec): void {
  if (!user && (groups ?? []).length === 0)
    checks.invalid(
      specPath.child("user"),
      user ?? "",
      "at least one of user or group must be specified",
    );
}

export function validateSelfAccessReview(review: SelfSubjectAccessReview): FieldError[] {
  const checks = new FieldChecks();
  asked(checks, review.spec ?? {});
  noMeta(checks, review.metadata, false);
  return checks.errors;
}

export function validateAccessReview(review: SubjectAccessReview): FieldError[] {
  const checks = new FieldChecks();
  asked(checks, review.spec ?? {});
  subject(checks, review.spec ?? {});
  noMeta(checks, review.metadata, false);
  return checks.errors;
}

/** `namespace` is the URL's. */
export function validateLocalAccessReview(
  review: LocalSubjectAccessReview,
  namespace: string,
): FieldError[] {
  const checks = new FieldChecks();
  const spec = review.spec ?? {};
  const { resourceAttributes, nonResourceAttributes } = spec;
  asked(checks, spec);
  subject(checks, spec);
  noMeta(checks, review.metadata, true);
  const given = resourceAttributes?.namespace ?? "";
  if (resourceAttributes !== undefined && given !== namespace)
    checks.invalid(attributesPath.child("namespace"), given, "must match metadata.namespace");
  if (nonResourceAttributes !== undefined)
    checks.invalid(
      specPath.child("nonResourceAttributes"),
      nonResourceAttributes,
      "disallowed on this kind of request",
    );
  return checks.errors;
}
