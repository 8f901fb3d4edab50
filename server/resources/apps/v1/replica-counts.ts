import { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";

/**
 * Counts of a status: none negative, none of `parts` above replicas, no more available than ready, which `ready`
 * names as upstream does.
 */
export function validateReplicaCounts(
  status: object,
  parts: readonly string[],
  ready = "readyReplicas",
): FieldChecks {
  const checks = new FieldChecks();
  const path = new Path("status");
  const counts = new Map<string, number>();
  for (const [name, value] of Object.entries(status)) {
    if (typeof value !== "number") continue;
    counts.set(name, value);
    checks.notNegative(path.child(name), value);
  }
  const replicas = counts.get("replicas") ?? 0;
  for (const part of parts) {
    const count = counts.get(part) ?? 0;
    if (count > replicas)
      checks.invalid(path.child(part), count, "cannot be greater than status.replicas");
  }
  const available = counts.get("availableReplicas") ?? 0;
  if (available > (counts.get("readyReplicas") ?? 0))
    checks.invalid(path.child("availableReplicas"), available, `cannot be greater than ${ready}`);
  return checks;
}
