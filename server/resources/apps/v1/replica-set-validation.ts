import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type { ReplicaSet } from "#gen/api/apps/v1.ts";
import { validateReplicaCounts } from "./replica-counts.ts";
import { specPath, validateTemplated } from "./template-validation.ts";

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  const checks = new FieldChecks();
  checks.notNegative(specPath.child("replicas"), spec.replicas);
  checks.notNegative(specPath.child("minReadySeconds"), spec.minReadySeconds);
  const { selector, template = {} } = spec;
  validateTemplated(checks, { selector, template, kind: "deployment" });
  return checks.errors;
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet): FieldError[] {
  return [
    ...validateReplicaSet(replicaSet),
    ...validateImmutable(replicaSet.spec.selector, old.spec.selector, specPath.child("selector")),
  ];
}

export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
  return validateReplicaCounts(status ?? {}, parts).errors;
}
