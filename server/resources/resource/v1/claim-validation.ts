/** Validation of ResourceClaims and what templates make claims from. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label, validateDeclaredImmutable } from "#apimachinery/validate.ts";
import type {
  DeviceClaim,
  DeviceRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimSpec,
} from "#gen/api/resource/v1.ts";
import { fullyQualifiedName, setOf } from "./names.ts";
import {
  listMax,
  validateConfiguration,
  validateSelectors,
  validateTolerations,
  validateTypedTolerations,
} from "./selector-validation.ts";

const specPath = new Path("spec");
const alternativesMax = 8;

export function validateClaimSpec(
  checks: FieldChecks,
  spec: ResourceClaimSpec | undefined,
  path: Path,
): void {
  const devices = spec?.devices ?? {};
  const here = path.child("devices");
  setOf(checks, devices.requests ?? [], {
    path: here.child("requests"),
    max: listMax,
    keyOf: ({ name }) => name ?? "",
    each: (request, at) => validateRequest(checks, request, at),
  });
  const names = requestNames(devices);
  setOf(checks, [...(devices.constraints ?? []).entries()], {
    path: here.child("constraints"),
    max: listMax,
    keyOf: ([index]) => `${index}`,
    each: ([, { requests = [], matchAttribute, distinctAttribute }], at) => {
      validateReferences(checks, requests, { path: at.child("requests"), names });
      if (matchAttribute !== undefined)
        fullyQualifiedName(checks, at.child("matchAttribute"), matchAttribute);
      else if (distinctAttribute !== undefined)
        fullyQualifiedName(checks, at.child("distinctAttribute"), distinctAttribute);
      // Upstream's sentence speaks of the other case.
      else
        checks.required(
          at,
          'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
        );
    },
  });
  setOf(checks, [...(devices.config ?? []).entries()], {
    path: here.child("config"),
    max: listMax,
    keyOf: ([index]) => `${index}`,
    each: ([, config], at) => {
      validateReferences(checks, config.requests ?? [], { path: at.child("requests"), names });
      validateConfiguration(checks, config, at);
    },
  });
}

/** `a`, and `a/b` for its alternatives. */
export function requestNames({ requests = [] }: DeviceClaim): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [
      name ?? "",
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  );
}

export interface Names {
  readonly path: Path;
  readonly names: ReadonlySet<string>;
}

function validateReferences(
  checks: FieldChecks,
  references: readonly string[],
  { path, names }: Names,
): void {
  setOf(checks, references, {
    path,
    max: listMax,
    keyOf: (name) => name,
    each: (name, at) => validateReference(checks, name, { path: at, names }),
  });
}

export function validateReference(checks: FieldChecks, name: string, { path, names }: Names): void {
  const segments = name.split("/");
  if (segments.length <= 2)
    for (const segment of segments) checks.each(path, segment, isDNS1123Label(segment));
  if (!names.has(name))
    checks.invalid(
      path,
      name,
      "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    );
}

function validateRequest(checks: FieldChecks, request: DeviceRequest, path: Path): void {
  const { name = "", exactly, firstAvailable = [] } = request;
  const sentence = "exactly one of `exactly` or `firstAvailable` is required";
  checks.each(path.child("name"), name, isDNS1123Label(name));
  if (exactly === undefined && firstAvailable.length === 0) checks.required(path, sentence);
  else if (exactly !== undefined && firstAvailable.length > 0) bothKinds(checks, request, path);
  else if (exactly !== undefined) validateExact(checks, exactly, path.child("exactly"));
  else
    setOf(checks, firstAvailable, {
      path: path.child("firstAvailable"),
      max: alternativesMax,
      keyOf: (alternative) => alternative.name ?? "",
      each: (alternative, at) => {
        const own = alternative.name ?? "";
        checks.each(at.child("name"), own, isDNS1123Label(own));
        validateExact(checks, alternative, at);
      },
    });
}

/** Of a request that is both, upstream still looks at what the types themselves say. */
function bothKinds(
  checks: FieldChecks,
  { exactly, firstAvailable = [] }: DeviceRequest,
  path: Path,
): void {
  checks.invalid(
    path,
    null,
    "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set",
  );
  if (exactly !== undefined) validateTyped(checks, exactly, path.child("exactly"));
  setOf(checks, firstAvailable, {
    path: path.child("firstAvailable"),
    max: alternativesMax,
    keyOf: ({ name = "" }) => name,
    each: (alternative, at) => {
      checks.presentSubdomain(at.child("deviceClassName"), alternative.deviceClassName);
      validateTyped(checks, alternative, at);
    },
  });
}

const modes = ["All", "ExactCount"];

function validateTyped(
  checks: FieldChecks,
  { allocationMode, tolerations = [] }: Omit<ExactDeviceRequest, "adminAccess">,
  path: Path,
): void {
  checks.oneOf(path.child("allocationMode"), allocationMode, modes);
  validateTypedTolerations(checks, tolerations, path.child("tolerations"));
}

function validateExact(
  checks: FieldChecks,
  request: Omit<ExactDeviceRequest, "adminAccess">,
  path: Path,
): void {
  const { deviceClassName, selectors = [], allocationMode, count = 0, tolerations = [] } = request;
  checks.presentSubdomain(path.child("deviceClassName"), deviceClassName);
  validateSelectors(checks, selectors, path.child("selectors"));
  if (allocationMode === "All" && count !== 0)
    checks.invalid(
      path.child("count"),
      count,
      "must not be specified when allocationMode is 'All'",
    );
  if (allocationMode === "ExactCount") checks.positive(path.child("count"), count);
  checks.oneOf(path.child("allocationMode"), allocationMode, modes);
  validateTolerations(checks, tolerations, path.child("tolerations"));
}

export function validateClaim({ spec }: ResourceClaim): FieldError[] {
  const checks = new FieldChecks();
  validateClaimSpec(checks, spec, specPath);
  return checks.errors;
}

/** What a claim asks for is what it is. */
export function validateClaimUpdate(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  return validateDeclaredImmutable(claim.spec, old.spec, specPath);
}
