/** How often a name that a controller made up was taken already: it only grows. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";

interface Counted {
  readonly collisionCount?: number | undefined;
}

const path = new Path("status.collisionCount");

export function checkCollisionCount(
  checks: FieldChecks,
  { collisionCount: now = 0 }: Counted = {},
  { collisionCount: before = 0 }: Counted = {},
): void {
  if (now < before) checks.invalid(path, now, "cannot be decremented");
}
