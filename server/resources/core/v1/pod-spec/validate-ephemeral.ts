/** pods/ephemeralcontainers: containers may be added; those that are there stay as they are. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, forbiddenField, Path } from "#apimachinery/field-error.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { mirrorAnnotation } from "./validate-annotations.ts";
import { validateWholePod } from "./validate-pod.ts";

const path = new Path("spec").child("ephemeralContainers");

export function validateEphemeralContainers(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenField(new Path("[]"), "static pods do not support ephemeral containers")];
  const checks = new FieldChecks();
  checks.add(validateWholePod(pod));
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((one) => [one.name, one]));
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = now.get(before.name);
    const subject = `existing ephemeral containers ${JSON.stringify(before.name)}`;
    if (after === undefined) checks.forbidden(path, `${subject} may not be removed`);
    else if (!deepEqual(before, after)) checks.forbidden(path, `${subject} may not be changed`);
  }
  return checks.errors;
}
