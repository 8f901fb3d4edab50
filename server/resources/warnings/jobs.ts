/** Warnings about a Job, or the template of one. */
import type { Path } from "#apimachinery/field-error.ts";
import type { JobSpec } from "#gen/api/batch/v1.ts";
import { templateWarnings } from "./pod-template.ts";

const completionsMax = 100_000;
const parallelismMax = 10_000;

export function jobSpecWarnings(spec: JobSpec | undefined, path: Path): string[] {
  if (spec === undefined) return [];
  const { completionMode, completions = 0, parallelism = 0, template } = spec;
  const huge =
    completionMode === "Indexed" && completions > completionsMax && parallelism > parallelismMax;
  const sentence =
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
  return [
    ...(huge ? [`${path.text}: ${sentence}`] : []),
    ...templateWarnings(template, path.child("template")),
  ];
}
