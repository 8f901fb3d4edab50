/** What was measured, as the autoscaler reads it; all values in thousandths. */

import type { MetricStatus } from "#gen/api/autoscaling/v2.ts";

/** Why there is no number of replicas; the message is upstream's. */
export class NoProposal extends Error {}

export interface PodSample {
  readonly value: number;
  /** The end of the time over which it was measured. */
  readonly at: Date;
  readonly windowSeconds: number;
}

export type PodSamples = ReadonlyMap<string, PodSample>;

/** What the metrics APIs said for one metric of an autoscaler. */
export type Reading =
  | { readonly of: "pods"; readonly samples: PodSamples }
  | { readonly of: "values"; readonly values: readonly number[] }
  | { readonly of: "nothing"; readonly why: string };

export function samplesOf(reading: Reading): PodSamples {
  if (reading.of === "pods") return reading.samples;
  throw new NoProposal(reading.of === "nothing" ? reading.why : "no metrics of pods");
}

export function totalOf(reading: Reading): number {
  if (reading.of === "values") return reading.values.reduce((sum, value) => sum + value, 0);
  throw new NoProposal(reading.of === "nothing" ? reading.why : "no metric values");
}

export interface Proposal {
  readonly replicas: number;
  /** As the event of a change names it. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** Runs a step; its failure is told with where it happened, as Go wraps errors. */
export function within<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof NoProposal) throw new NoProposal(`${where}: ${error.message}`);
    throw error;
  }
}
