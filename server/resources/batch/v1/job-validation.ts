/** Validation of Jobs. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { isDNS1123Label, validateImmutable } from "#apimachinery/validate.ts";
import type { Job, JobSpec } from "#gen/api/batch/v1.ts";
import type { PodSpec } from "#gen/api/core/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { validateJobSpec } from "./job-spec-validation.ts";

const specPath = new Path("spec");
const labelsPath = specPath.child("template", "metadata", "labels");

function common({ metadata, spec }: Job): FieldChecks {
  const checks = new FieldChecks();
  checks.add(validateJobSpec(spec, specPath));
  const { selector } = spec;
  const faults = validateLabelSelector(selector, specPath.child("selector"));
  if (selector === undefined) checks.required(specPath.child("selector"));
  checks.add(faults);
  const labels = spec.template.metadata?.labels;
  if (faults.length === 0 && !matches(selectorFromLabelSelector(selector), labels ?? {}))
    checks.invalid(labelsPath, labels, "`selector` does not match template `labels`");
  const last = `${metadata.name}-${(spec.completions ?? 0) - 1}`;
  const indexed = spec.completionMode === "Indexed" && (spec.completions ?? 0) > 0;
  if (indexed && isDNS1123Label(last).length > 0)
    checks.invalid(
      new Path("metadata.name"),
      metadata.name,
      `will not able to create pod with invalid DNS label: ${last}`,
    );
  return checks;
}

export function validateJob(job: Job): FieldError[] {
  const checks = common(job);
  generatedLabels(checks, job);
  return checks.errors;
}

/** What was generated from the uid must not have been said otherwise. */
function generatedLabels(checks: FieldChecks, { metadata, spec }: Job): void {
  if (spec.manualSelector === true || spec.selector === undefined) return;
  const expected: Record<string, string> = {};
  for (const prefix of ["", "batch.kubernetes.io/"]) {
    expected[`${prefix}controller-uid`] = metadata.uid ?? "";
    expected[`${prefix}job-name`] = metadata.name ?? "";
  }
  const labels = spec.template.metadata?.labels;
  for (const [name, value] of Object.entries(expected)) {
    const path = labelsPath.key(name);
    if (labels?.[name] === undefined) checks.required(path, `must be '${value}'`);
    else if (labels[name] !== value) checks.invalid(path, labels, `must be '${value}'`);
  }
  const readable = validateLabelSelector(spec.selector, specPath).length === 0;
  if (readable && !matches(selectorFromLabelSelector(spec.selector), expected))
    checks.invalid(specPath.child("selector"), spec.selector, "`selector` not auto-generated");
}

const fixed = [
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
] as const;

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const checks = common(job);
  const { spec } = job;
  const path = specPath.child("completions");
  if (spec.completionMode !== "Indexed")
    checks.add(validateImmutable(spec.completions, old.spec.completions, path));
  else if (
    spec.completions !== undefined &&
    spec.completions !== old.spec.completions &&
    spec.completions !== spec.parallelism
  )
    checks.invalid(path, spec.completions, "can only be modified in tandem with spec.parallelism");
  const keep = (field: "selector" | (typeof fixed)[number]): void =>
    checks.add(validateImmutable(spec[field], old.spec[field], specPath.child(field)));
  keep("selector");
  const templatePath = specPath.child("template");
  const before = old.spec.template;
  checks.add(
    isMovable(job, old)
      ? validateImmutable(comparableSpec(job, old), before.spec, templatePath.child("spec"))
      : validateImmutable(spec.template, before, templatePath),
  );
  fixed.forEach(keep);
  return checks.errors;
}

/** A suspended Job that never ran may still be told where and with what to run. */
function isMovable({ spec }: Job, old: Job): boolean {
  return (
    old.spec.suspend === true && spec.suspend !== undefined && old.status?.startTime === undefined
  );
}

/** What is left to compare of the template then: nothing of its metadata. */
function comparableSpec({ spec }: Job, old: Job): PodSpec | undefined {
  const { template } = spec;
  if (template.spec === undefined || old.spec.template.spec === undefined) return template.spec;
  const before = old.spec.template.spec;
  const { nodeSelector, tolerations, schedulingGates } = before;
  const affinity = movedAffinity(spec, old.spec);
  const resources = (
    containers: typeof before.containers | undefined,
    originals: typeof before.containers | undefined,
  ) =>
    containers?.map((container, index) => ({
      ...container,
      resources: originals?.[index]?.resources,
    }));
  return {
    ...template.spec,
    nodeSelector,
    tolerations,
    schedulingGates,
    affinity,
    containers: resources(template.spec.containers, before.containers) ?? [],
    initContainers: resources(template.spec.initContainers, before.initContainers),
  };
}

/** Affinity to nodes may move, affinity to Pods may not. */
function movedAffinity({ template }: JobSpec, old: JobSpec): PodSpec["affinity"] {
  const withoutNode = (spec: JobSpec) => {
    const { nodeAffinity: _, ...rest } = spec.template.spec?.affinity ?? {};
    return rest;
  };
  const same = deepEqual(withoutNode({ ...old, template }), withoutNode(old));
  return same ? old.template.spec?.affinity : template.spec?.affinity;
}
