import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, notSupported, type Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type { Deployment, DeploymentStrategy } from "#gen/api/apps/v1.ts";
import { checkCollisionCount } from "./collision-count.ts";
import { validateReplicaCounts } from "./replica-counts.ts";
import {
  atMostAll,
  intOrPercent,
  intOrPercentValue,
  specPath,
  validateTemplated,
} from "./template-validation.ts";

export function validateDeployment({ spec }: Deployment): FieldError[] {
  const checks = new FieldChecks();
  const { selector, template, minReadySeconds = 0, progressDeadlineSeconds } = spec;
  checks.notNegative(specPath.child("replicas"), spec.replicas);
  validateTemplated(checks, { selector, template, kind: "deployment" });
  validateStrategy(checks, spec.strategy ?? {}, specPath.child("strategy"));
  checks.notNegative(specPath.child("minReadySeconds"), minReadySeconds);
  checks.notNegative(specPath.child("revisionHistoryLimit"), spec.revisionHistoryLimit);
  const deadlinePath = specPath.child("progressDeadlineSeconds");
  checks.notNegative(deadlinePath, progressDeadlineSeconds);
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds)
    checks.invalid(deadlinePath, progressDeadlineSeconds, "must be greater than minReadySeconds");
  return checks.errors;
}

function validateStrategy(checks: FieldChecks, strategy: DeploymentStrategy, path: Path): void {
  const { type, rollingUpdate } = strategy;
  const here = path.child("rollingUpdate");
  if (type === "Recreate") {
    if (rollingUpdate !== undefined)
      checks.forbidden(here, "may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  if (type !== "RollingUpdate") {
    checks.add([notSupported(path, strategy, ["Recreate", "RollingUpdate"])]);
    return;
  }
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  intOrPercent(checks, here.child("maxUnavailable"), maxUnavailable);
  intOrPercent(checks, here.child("maxSurge"), maxSurge);
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0)
    checks.invalid(
      here.child("maxUnavailable"),
      maxUnavailable,
      "may not be 0 when `maxSurge` is 0",
    );
  atMostAll(checks, here.child("maxUnavailable"), maxUnavailable);
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): FieldError[] {
  return [
    ...validateDeployment(deployment),
    ...validateImmutable(deployment.spec.selector, old.spec.selector, specPath.child("selector")),
  ];
}

export function validateDeploymentStatus({ status }: Deployment, old: Deployment): FieldError[] {
  const checks = validateReplicaCounts(status ?? {}, [
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
  ]);
  checkCollisionCount(checks, status, old.status);
  return checks.errors;
}
