/** The spec of a Job, in Jobs and in the templates of CronJobs. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import {
  type FieldError,
  omittedValue,
  type Path,
  tooLong,
  tooMany,
} from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain, isHTTPPath, isQualifiedName } from "#apimachinery/validate.ts";
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "#gen/api/batch/v1.ts";
import { validatePodTemplate } from "#resources/core/v1/pod-spec/validate-pod-spec.ts";
import { countIndexes } from "./indexes.ts";

const parallelismMax = 100_000;
const failedIndexesMax = 100_000;
/** From here on each index costs: fewer may run, fewer may fail. */
const manyCompletions = 100_000;
const manyParallelismMax = 10_000;
const rulesMax = 20;
const exitCodesMax = 255;
const managedByBytesMax = 63;
const indexesBytesMax = 64 * 1024;

export function validateJobSpec(spec: JobSpec, path: Path): FieldError[] {
  const checks = new FieldChecks();
  const counts = [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const;
  for (const field of counts) checks.notNegative(path.child(field), spec[field]);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    checks.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
  if (spec.managedBy !== undefined) managedBy(checks, spec.managedBy, path.child("managedBy"));
  if (spec.completionMode !== undefined)
    checks.oneOf(
      path.child("completionMode"),
      spec.completionMode,
      ["NonIndexed", "Indexed"],
      "as given",
    );
  if (spec.completionMode === "Indexed") indexed(checks, spec, path);
  else if (spec.completionMode === "NonIndexed" || spec.completionMode === undefined)
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const)
      if (spec[field] !== undefined)
        checks.invalid(path.child(field), spec[field], "requires indexed completion mode");
  failurePolicy(checks, spec, path.child("podFailurePolicy"));
  successPolicy(checks, spec, path.child("successPolicy"));
  if (spec.podReplacementPolicy !== undefined)
    checks.oneOf(
      path.child("podReplacementPolicy"),
      spec.podReplacementPolicy,
      spec.podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"],
    );
  checks.add(validatePodTemplate(spec.template, path.child("template")));
  restartPolicy(checks, spec, path.child("template", "spec", "restartPolicy"));
  return checks.errors;
}

function restartPolicy(
  checks: FieldChecks,
  { template, podFailurePolicy }: JobSpec,
  path: Path,
): void {
  const policy = template.spec?.restartPolicy ?? "";
  if (policy === "Always" || policy === "")
    checks.required(path, 'valid values: "OnFailure", "Never"');
  else if (policy !== "OnFailure" && policy !== "Never")
    checks.oneOf(path, policy, ["OnFailure", "Never"], "as given");
  else if (podFailurePolicy !== undefined && policy !== "Never")
    checks.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified');
}

function managedBy(checks: FieldChecks, name: string, path: Path): void {
  const [domain = "", ...rest] = name.split("/");
  const tail = rest.join("/");
  if (name === "") checks.required(path);
  else if (domain === "" || tail === "")
    checks.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else {
    checks.each(path, domain, isDNS1123Subdomain(domain));
    checks.each(path, tail, isHTTPPath(tail));
  }
  if (name.length > managedByBytesMax) checks.add([tooLong(path, managedByBytesMax)]);
}

function indexed(checks: FieldChecks, spec: JobSpec, path: Path): void {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const failedPath = path.child("maxFailedIndexes");
  if (completions === undefined)
    checks.required(path.child("completions"), "when completion mode is Indexed");
  if (parallelism > parallelismMax)
    checks.invalid(
      path.child("parallelism"),
      parallelism,
      `must be less than or equal to ${parallelismMax} when completion mode is Indexed`,
    );
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions)
    checks.invalid(failedPath, maxFailedIndexes, "must be less than or equal to completions");
  if (maxFailedIndexes !== undefined && maxFailedIndexes > failedIndexesMax)
    checks.invalid(
      failedPath,
      maxFailedIndexes,
      `must be less than or equal to ${failedIndexesMax}`,
    );
  if ((completions ?? 0) <= manyCompletions || backoffLimitPerIndex === undefined) return;
  if (spec.maxFailedIndexes === undefined)
    checks.required(failedPath, `must be specified when completions is above ${manyCompletions}`);
  for (const field of ["parallelism", "maxFailedIndexes"] as const)
    if ((spec[field] ?? 0) > manyParallelismMax)
      checks.invalid(
        path.child(field),
        spec[field],
        `must be less than or equal to ${manyParallelismMax} when completions are above ${manyCompletions} and used with backoff limit per index`,
      );
}

function failurePolicy(checks: FieldChecks, spec: JobSpec, path: Path): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > rulesMax) checks.add([tooMany(path.child("rules"), rules.length, rulesMax)]);
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  for (const [index, rule] of rules.entries())
    failureRule(checks, rule, { path: path.child("rules").index(index), names, spec });
}

interface RulePlace {
  readonly path: Path;
  readonly names: ReadonlySet<string>;
  readonly spec: JobSpec;
}

function failureRule(
  checks: FieldChecks,
  rule: PodFailurePolicyRule,
  { path, names, spec }: RulePlace,
): void {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined)
    checks.invalid(path.child("action"), action, "requires the backoffLimitPerIndex to be set");
  checks.presentOneOf(path.child("action"), action, ["Count", "FailIndex", "FailJob", "Ignore"]);
  if (onExitCodes !== undefined)
    exitCodes(checks, onExitCodes, { path: path.child("onExitCodes"), names });
  const here = path.child("onPodConditions");
  if (onPodConditions.length > rulesMax)
    checks.add([tooMany(here, onPodConditions.length, rulesMax)]);
  for (const [index, { type = "", status }] of onPodConditions.entries()) {
    checks.each(here.index(index).child("type"), type, isQualifiedName(type));
    checks.presentOneOf(here.index(index).child("status"), status, ["False", "True", "Unknown"]);
  }
  const both = onExitCodes !== undefined && onPodConditions.length > 0;
  const none = onExitCodes === undefined && onPodConditions.length === 0;
  if (both)
    checks.invalid(
      path,
      omittedValue,
      "specifying both OnExitCodes and OnPodConditions is not supported",
    );
  if (none)
    checks.invalid(
      path,
      omittedValue,
      "specifying one of OnExitCodes and OnPodConditions is required",
    );
}

function exitCodes(
  checks: FieldChecks,
  { operator, containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  { path, names }: { path: Path; names: ReadonlySet<string> },
): void {
  checks.presentOneOf(path.child("operator"), operator, ["In", "NotIn"]);
  if (containerName !== undefined && !names.has(containerName))
    checks.invalid(
      path.child("containerName"),
      containerName,
      "must be one of the container or initContainer names in the pod template",
    );
  const here = path.child("values");
  if (values.length === 0) checks.invalid(here, values, "at least one value is required");
  if (values.length > exitCodesMax) checks.add([tooMany(here, values.length, exitCodesMax)]);
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (operator === "In" && value === 0)
      checks.invalid(here.index(index), value, "must not be 0 for the In operator");
    if (seen.has(value)) checks.duplicate(here.index(index), value);
    seen.add(value);
  }
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? value) > value))
    checks.invalid(here, values, "must be ordered");
}

function successPolicy(checks: FieldChecks, spec: JobSpec, path: Path): void {
  if (spec.successPolicy === undefined) return;
  if (spec.completionMode !== "Indexed") {
    checks.invalid(path, spec.successPolicy, "requires indexed completion mode");
    return;
  }
  const rules = spec.successPolicy.rules ?? [];
  const here = path.child("rules");
  if (rules.length === 0)
    checks.required(
      here,
      "at least one rules must be specified when the successPolicy is specified",
    );
  if (rules.length > rulesMax) checks.add([tooMany(here, rules.length, rulesMax)]);
  for (const [index, rule] of rules.entries())
    successRule(checks, rule, { path: here.index(index), completions: spec.completions ?? 0 });
}

function successRule(
  checks: FieldChecks,
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  { path, completions }: { path: Path; completions: number },
): void {
  if (succeededCount === undefined && succeededIndexes === undefined)
    checks.required(path, "at least one of succeededCount or succeededIndexes must be specified");
  const indexesPath = path.child("succeededIndexes");
  if ((succeededIndexes ?? "").length > indexesBytesMax)
    checks.add([tooLong(indexesPath, indexesBytesMax)]);
  const counted = countIndexes(succeededIndexes ?? "", completions);
  if ("fault" in counted)
    checks.invalid(
      indexesPath,
      succeededIndexes,
      `error parsing succeededIndexes: ${counted.fault}`,
    );
  if (succeededCount === undefined) return;
  const countPath = path.child("succeededCount");
  checks.notNegative(countPath, succeededCount);
  if (succeededCount > completions)
    checks.invalid(
      countPath,
      succeededCount,
      `must be less than or equal to ${completions} (the number of specified completions)`,
    );
  const total = "total" in counted ? counted.total : 0;
  if (succeededIndexes !== undefined && succeededCount > total)
    checks.invalid(
      countPath,
      succeededCount,
      `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
    );
}
