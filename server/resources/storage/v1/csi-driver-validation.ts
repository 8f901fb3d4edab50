/** Validation of a CSIDriver. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type { CSIDriver, TokenRequest } from "#gen/api/storage/v1.ts";

const specPath = new Path("spec");
const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;
const updateSecondsMin = 10;

export function validateCSIDriver({ spec }: CSIDriver): FieldError[] {
  const checks = new FieldChecks();
  const flags = [
    // Upstream's path says attachedRequired.
    ["attachedRequired", spec.attachRequired],
    ["podInfoOnMount", spec.podInfoOnMount],
    ["storageCapacity", spec.storageCapacity],
    ["seLinuxMount", spec.seLinuxMount],
  ] as const;
  for (const [name, flag] of flags) if (flag === undefined) checks.required(specPath.child(name));
  if (spec.fsGroupPolicy !== undefined)
    checks.oneOf(specPath.child("fsGroupPolicy"), spec.fsGroupPolicy, [
      "File",
      "None",
      "ReadWriteOnceWithFSType",
    ]);
  validateTokens(checks, spec.tokenRequests ?? [], specPath.child("tokenRequests"));
  for (const mode of spec.volumeLifecycleModes ?? [])
    checks.oneOf(
      specPath.child("volumeLifecycleModes"),
      mode,
      ["Persistent", "Ephemeral"],
      "as given",
    );
  const seconds = spec.nodeAllocatableUpdatePeriodSeconds;
  if (seconds !== undefined && seconds < updateSecondsMin)
    checks.invalid(
      specPath.child("nodeAllocatableUpdatePeriodSeconds"),
      seconds,
      `must be greater than or equal to ${updateSecondsMin} seconds`,
    );
  if (spec.serviceAccountTokenInSecrets !== undefined && (spec.tokenRequests ?? []).length === 0)
    checks.invalid(
      specPath.child("serviceAccountTokenInSecrets"),
      spec.serviceAccountTokenInSecrets,
      "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    );
  return checks.errors;
}

function validateTokens(checks: FieldChecks, requests: readonly TokenRequest[], path: Path): void {
  const audiences = new Set<string>();
  for (const [index, { audience = "", expirationSeconds }] of requests.entries()) {
    const here = path.index(index);
    if (audiences.has(audience)) {
      checks.duplicate(here.child("audience"), audience);
      continue;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) continue;
    const secondsPath = here.child("expirationSeconds");
    if (expirationSeconds < tokenSecondsMin)
      checks.invalid(
        secondsPath,
        expirationSeconds,
        "may not specify a duration less than 10 minutes",
      );
    if (expirationSeconds > tokenSecondsMax)
      checks.invalid(
        secondsPath,
        expirationSeconds,
        "may not specify a duration larger than 2^32 seconds",
      );
  }
}

export function validateCSIDriverUpdate(driver: CSIDriver, old: CSIDriver): FieldError[] {
  const [now, before] = [driver.spec, old.spec];
  return [
    ...validateCSIDriver(driver),
    ...validateImmutable(
      now.attachRequired,
      before.attachRequired,
      specPath.child("attachedRequired"),
    ),
    ...validateImmutable(
      now.volumeLifecycleModes,
      before.volumeLifecycleModes,
      specPath.child("volumeLifecycleModes"),
    ),
  ];
}
