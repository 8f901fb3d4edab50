import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import type { ReplicationController } from "#gen/api/core/v1.ts";
import { validateReplicaCounts } from "#resources/apps/v1/replica-counts.ts";
import { runsForEver } from "#resources/apps/v1/template-validation.ts";
import { validatePodTemplate } from "./pod-spec/validate-pod-spec.ts";

const specPath = new Path("spec");

export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const checks = new FieldChecks();
  const { selector = {}, template, replicas, minReadySeconds } = spec ?? {};
  checks.declared.notNegative(specPath.child("minReadySeconds"), minReadySeconds);
  if (Object.keys(selector).length === 0) checks.required(specPath.child("selector"));
  checks.declared.notNegative(specPath.child("replicas"), replicas);
  const path = specPath.child("template");
  if (template === undefined) {
    checks.required(path);
    return checks.errors;
  }
  const labels = template.metadata?.labels;
  if (!Object.entries(selector).every(([key, value]) => labels?.[key] === value))
    checks.invalid(
      path.child("metadata", "labels"),
      labels,
      "`selector` does not match template `labels`",
    );
  checks.add(validatePodTemplate(template, path));
  runsForEver(checks, template, { path, kind: "ReplicationController" });
  return checks.errors;
}

export function validateReplicationControllerStatus({
  status,
}: ReplicationController): FieldError[] {
  const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
  return validateReplicaCounts(status ?? {}, parts).errors;
}
