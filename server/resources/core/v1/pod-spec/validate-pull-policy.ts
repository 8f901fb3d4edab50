import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";

export function pullPolicy(checks: FieldChecks, path: Path, policy: string | undefined): void {
  checks.presentOneOf(path, policy, ["Always", "IfNotPresent", "Never"]);
}
