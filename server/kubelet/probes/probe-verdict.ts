/** When results of single tries become a verdict: thresholds of consecutive results. Pure. */
import type { Probe } from "#gen/api/core/v1.ts";

export interface ProbeRun {
  readonly success: boolean;
  /** How many times in a row. */
  readonly count: number;
}

export function nextRun(run: ProbeRun | undefined, success: boolean): ProbeRun {
  return { success, count: run?.success === success ? run.count + 1 : 1 };
}

/** undefined: not yet. */
export function verdictOf(probe: Probe, { success, count }: ProbeRun): boolean | undefined {
  const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  return count >= threshold ? success : undefined;
}
