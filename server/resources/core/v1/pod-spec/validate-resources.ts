/** Requests and limits: names that mean something, amounts that can be, and requests within limits. */
import { emptiesOf } from "#apimachinery/codec/empties.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import {
  type FieldError,
  invalidValue,
  notFoundValue,
  type Path,
} from "#apimachinery/field-error.ts";
import {
  compareQuantity,
  isWholeQuantity,
  parseQuantity,
  quantityMilli,
  quantitySign,
} from "#apimachinery/quantity.ts";
import { isQualifiedName, negativeSentence } from "#apimachinery/validate.ts";
import type { PodSpec, ResourceClaim, ResourceRequirements } from "#gen/api/core/v1.ts";
import {
  containerLimits,
  containerRequests,
  isPodLevelResource,
} from "#resources/core/v1/pod-requests.ts";
import {
  isExtendedResource,
  isHugePages,
  isIntegerResource,
  isNativeResource,
  isOvercommitAllowed,
  isStandardContainerResource,
  isStandardResource,
} from "#resources/core/v1/resource-names.ts";

type NameCheck = (checks: FieldChecks, path: Path, name: string) => void;

/** One of Kubernetes or with a domain; true when it is. */
export function resourceName(checks: FieldChecks, path: Path, name: string): boolean {
  const sentences = isQualifiedName(name);
  checks.each(path, name, sentences);
  if (sentences.length > 0) return false;
  if (name.includes("/") || isStandardResource(name)) return true;
  checks.invalid(path, name, "must be a standard resource type or fully qualified");
  return false;
}

export const containerResourceName: NameCheck = (checks, path, name) => {
  resourceName(checks, path, name);
  if (!name.includes("/")) {
    if (!isStandardContainerResource(name))
      checks.invalid(path, name, "must be a standard resource for containers");
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    checks.invalid(path, name, "doesn't follow extended resource name standard");
  }
};

const podResourceName: NameCheck = (checks, path, name) => {
  if (resourceName(checks, path, name) && !isPodLevelResource(name))
    checks.oneOf(path, name, ["cpu", "hugepages-", "memory"]);
};

export function resourceAmount(path: Path, name: string, amount: string): FieldError[] {
  const errors: FieldError[] = [];
  if (quantitySign(amount) < 0) errors.push(invalidValue(path, amount, negativeSentence));
  if (isIntegerResource(name) && !isWholeQuantity(amount))
    errors.push(invalidValue(path, amount, "must be an integer"));
  return errors;
}

/** Huge pages come whole: hugepages-2Mi in multiples of 2Mi. */
function hugePageAmount(
  checks: FieldChecks,
  path: Path,
  [name, amount]: readonly [string, string],
): void {
  if (!isHugePages(name)) return;
  const page = name.slice("hugepages-".length);
  let size = 0;
  try {
    size = quantityMilli(page);
  } catch {
    size = 0;
  }
  if (size <= 0 || quantityMilli(amount) % size !== 0)
    checks.invalid(path, amount, `${amount} is not positive integer multiple of ${name}`);
}

export interface RequirementsPlace {
  readonly path: Path;
  readonly claimNames: ReadonlySet<string>;
  readonly checkName?: NameCheck;
}

export function validateRequirements(
  checks: FieldChecks,
  { requests = {}, limits = {}, claims }: ResourceRequirements,
  { path, claimNames, checkName = containerResourceName }: RequirementsPlace,
): void {
  const limitsPath = path.child("limits");
  const requestsPath = path.child("requests");
  for (const [listPath, list] of [
    [limitsPath, limits],
    [requestsPath, requests],
  ] as const)
    for (const [name, amount] of Object.entries(list)) {
      const here = listPath.key(name);
      checkName(checks, here, name);
      checks.add(resourceAmount(here, name, amount));
      hugePageAmount(checks, here, [name, amount]);
    }
  for (const [name, amount] of Object.entries(requests)) {
    const limit = limits[name];
    const order =
      limit === undefined ? 0 : compareQuantity(parseQuantity(amount), parseQuantity(limit));
    if (limit === undefined && !isOvercommitAllowed(name))
      checks.required(limitsPath, "Limit must be set for non overcommitable resources");
    else if (order !== 0 && !isOvercommitAllowed(name))
      checks.invalid(requestsPath, amount, `must be equal to ${name} limit of ${limit}`);
    else if (order > 0)
      checks.invalid(
        requestsPath,
        amount,
        `must be less than or equal to ${name} limit of ${limit}`,
      );
  }
  const names = [...Object.keys(requests), ...Object.keys(limits)];
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory"))
    checks.forbidden(path, "HugePages require cpu or memory");
  claimReferences(checks, claims ?? [], { path: path.child("claims"), claimNames });
}

function claimReferences(
  checks: FieldChecks,
  claims: readonly ResourceClaim[],
  { path, claimNames }: { path: Path; claimNames: ReadonlySet<string> },
): void {
  const seen = new Set<string>();
  for (const [index, { name = "", request = "" }] of claims.entries()) {
    const here = path.index(index);
    if (!checks.present(here, name)) continue;
    const key = request === "" ? name : `${name}/${request}`;
    if (seen.has(name)) checks.duplicate(here, name);
    else {
      if (request !== "") checks.label(here.child("request"), request);
      const overlaps = request === "" && [...seen].some((other) => other.startsWith(`${name}/`));
      if (seen.has(key) || overlaps) checks.duplicate(here, key);
      seen.add(key);
    }
    if (!claimNames.has(name)) checks.add([notFoundValue(here, name)]);
  }
}

/** Pod-level resources must hold what the containers ask for. */
export function validatePodResources(
  checks: FieldChecks,
  spec: PodSpec,
  { path, claimNames }: { path: Path; claimNames: ReadonlySet<string> },
): void {
  const { resources } = spec;
  if (resources === undefined) return;
  if (spec.os?.name === "windows") {
    checks.forbidden(path, "may not be set for a windows pod");
    return;
  }
  if (resources.claims !== undefined || emptiesOf(resources).includes("claims"))
    checks.forbidden(path.child("claims"), "claims may not be set for Resources at pod-level");
  validateRequirements(checks, resources, { path, claimNames, checkName: podResourceName });
  const above = (amount: string, bound: string): boolean =>
    compareQuantity(parseQuantity(amount), parseQuantity(bound)) > 0;
  for (const [name, amount] of Object.entries(containerRequests({ spec }))) {
    const given = resources.requests?.[name];
    if (given !== undefined && above(amount, given))
      checks.invalid(
        path.child("requests").key(name),
        given,
        `must be greater than or equal to aggregate container requests of ${amount}`,
      );
  }
  for (const [name, amount] of Object.entries(containerLimits({ spec }))) {
    const given = resources.limits?.[name];
    if (isHugePages(name) && given !== undefined && above(amount, given))
      checks.invalid(
        path.child("limits").key(name),
        given,
        `must be greater than or equal to aggregate container limits of ${amount}`,
      );
  }
  for (const [index, container] of (spec.containers ?? []).entries())
    for (const [name, amount] of Object.entries(container.resources?.limits ?? {})) {
      const bound = resources.limits?.[name];
      if (bound !== undefined && above(amount, bound))
        checks.invalid(
          path.child("containers").index(index).key(name).child("limits"),
          amount,
          `must be less than or equal to pod limits of ${bound}`,
        );
    }
}
