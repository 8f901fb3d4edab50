/** Cells of a Job's table row. */
import { humanDuration } from "#apimachinery/duration.ts";
import { parseTime } from "#apimachinery/time.ts";
import type { Job } from "#gen/api/batch/v1.ts";
import { since } from "#resources/cells.ts";
import type { CellContext } from "#resources/resource.ts";

export function statusCell({ metadata, status }: Job): string {
  const holds = (type: string): boolean =>
    status?.conditions?.find((condition) => condition.type === type)?.status === "True";
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const open = ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(holds);
  return open ?? "Running";
}

export function completionsCell({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

export function durationCell({ status }: Job, context: CellContext): string {
  if (status?.startTime === undefined) return "";
  const start = parseTime(status.startTime);
  const end = parseTime(status.completionTime ?? "");
  if (start === undefined || end === undefined) return since(status.startTime, context);
  return humanDuration(end.getTime() - start.getTime());
}
