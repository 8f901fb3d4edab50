/** How many replicas a target should have now, and what its autoscaler says about it. */
import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { quantityMilli } from "#apimachinery/quantity.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type Effect, event, requeueAfter, updateStatus } from "#controllers/effects.ts";
import type { Scale } from "#gen/api/autoscaling/v1.ts";
import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  horizontalpodautoscalers,
  type MetricStatus,
} from "#gen/api/autoscaling/v2.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { isTrue, type Wanted, withConditions } from "./conditions.ts";
import { type History, limitByRules, limitPlainly, type Rules, withChange } from "./limits.ts";
import { proposalOf } from "./metrics.ts";
import type { Scaled, Tolerances } from "./proposals.ts";
import type { Proposal, Reading } from "./samples.ts";

/** Upstream's --horizontal-pod-autoscaler-sync-period. */
export const syncSeconds = 15;
/** Upstream's --horizontal-pod-autoscaler-tolerance. */
const toleranceDefault = 0.1;

/** The pods of a target, or why they cannot be told. */
export type Selection =
  | { readonly pods: readonly Pod[] }
  | { readonly fault: { readonly reason: string; readonly event: string; readonly why: string } };

export interface Observed {
  readonly scale: Scale;
  readonly history: History | undefined;
  readonly selection: Selection;
  /** One for each metric of the spec; none are needed where the bounds decide. */
  readonly readings: readonly Reading[];
}

export interface Rescale {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface Decision {
  readonly effects: readonly Effect[];
  readonly conditions: readonly Wanted[];
  readonly current: number;
  /** undefined: nothing can be said, the status keeps what it says. */
  readonly desired: number | undefined;
  readonly metrics: readonly MetricStatus[];
  readonly rescale: Rescale | undefined;
  readonly history: History;
}

type Step =
  | { readonly by: "nobody" }
  | { readonly by: "bounds"; readonly to: number; readonly reason: string }
  | { readonly by: "metrics" };

const minimumOf = ({ spec }: HorizontalPodAutoscaler): number => spec.minReplicas ?? 1;

const wasScaledToZero = ({ status }: HorizontalPodAutoscaler): boolean =>
  isTrue(status?.conditions, "ScaledToZero");

/** Metrics that say something while no pod runs. */
const hasOwnMetrics = ({ spec }: HorizontalPodAutoscaler): boolean =>
  (spec.metrics ?? []).some(({ type }) => type === "Object" || type === "External");

/** Who decides. A target that somebody else has set to none is left alone. */
export function stepOf(autoscaler: HorizontalPodAutoscaler, current: number): Step {
  const { maxReplicas } = autoscaler.spec;
  const min = minimumOf(autoscaler);
  if (current === 0) {
    const canWake = wasScaledToZero(autoscaler) && (min !== 0 || hasOwnMetrics(autoscaler));
    return { by: canWake ? "metrics" : "nobody" };
  }
  if (current > maxReplicas) {
    const reason = "Current number of replicas above Spec.MaxReplicas";
    return { by: "bounds", to: maxReplicas, reason };
  }
  if (current < min) {
    return { by: "bounds", to: min, reason: "Current number of replicas below Spec.MinReplicas" };
  }
  return { by: "metrics" };
}

const found: Wanted = {
  type: "AbleToScale",
  status: "True",
  reason: "SucceededGetScale",
  message: "the HPA controller was able to get the target's current scale",
};

export function decide(
  autoscaler: HorizontalPodAutoscaler,
  observed: Observed,
  now: Date,
): Decision {
  const current = observed.scale.spec.replicas ?? 0;
  const fresh = { recommendations: [{ replicas: current, at: now }], ups: [], downs: [] };
  const history = observed.history ?? fresh;
  const base = { effects: [], conditions: [found], current, metrics: [], history };
  const step = stepOf(autoscaler, current);
  if (step.by === "metrics") return byMetrics(autoscaler, observed, base, now);
  if (step.by === "bounds") {
    const { to, reason } = step;
    return { ...base, desired: to, rescale: { from: current, to, reason } };
  }
  const disabled: Wanted = {
    type: "ScalingActive",
    status: "False",
    reason: "ScalingDisabled",
    message: "scaling is disabled since the replica count of the target is zero",
  };
  return { ...base, conditions: [found, disabled], desired: current, rescale: undefined };
}

type Base = Omit<Decision, "desired" | "rescale">;

function tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
  const of = (said: string | undefined): number =>
    said === undefined ? toleranceDefault : quantityMilli(said) / 1000;
  return {
    up: of(spec.behavior?.scaleUp?.tolerance),
    down: of(spec.behavior?.scaleDown?.tolerance),
  };
}

function inactive(base: Base, why: { reason: string; message: string }): Decision {
  const condition: Wanted = { type: "ScalingActive", status: "False", ...why };
  const conditions = [...base.conditions, condition];
  return { ...base, conditions, desired: undefined, rescale: undefined };
}

function byMetrics(
  autoscaler: HorizontalPodAutoscaler,
  { scale, selection, readings }: Observed,
  base: Base,
  now: Date,
): Decision {
  const failed = (message: string): Effect =>
    event(autoscaler, "Warning", "FailedComputeMetricsReplicas", message);
  if ("fault" in selection) {
    const { reason, event: said, why } = selection.fault;
    const effects = [event(autoscaler, "Warning", reason, said), failed(said)];
    const shown = reason === "AmbiguousSelector" ? reason : "InvalidSelector";
    return inactive({ ...base, effects }, { reason: shown, message: why });
  }
  const scaled: Scaled = {
    specReplicas: base.current,
    statusReplicas: scale.status.replicas,
    pods: selection.pods,
    tolerances: tolerancesOf(autoscaler),
    now,
  };
  const specs = autoscaler.spec.metrics ?? [];
  const { namespace = "" } = autoscaler.metadata;
  const results = specs.map((spec, index) =>
    proposalOf(scaled, namespace, spec, readings[index] ?? { of: "nothing", why: "not asked for" }),
  );
  const failures = results.flatMap((result) => ("error" in result ? [result] : []));
  const proposals = results.flatMap((result) => ("error" in result ? [] : [result]));
  const effects = failures.map(({ reason, why }) => event(autoscaler, "Warning", reason, why));
  const metrics = results.map((result) => ("error" in result ? { type: "" } : result.status));
  const best = proposals.reduce<Proposal | undefined>(
    (most, one) => (most === undefined || one.replicas > most.replicas ? one : most),
    undefined,
  );
  const [first] = failures;
  // With a metric unknown it may grow, but not shrink.
  if (best === undefined || (first !== undefined && best.replicas < base.current)) {
    const sentence = `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first?.error}`;
    const message = `the HPA was unable to compute the replica count: ${first?.why}`;
    const all = { ...base, metrics, effects: [...effects, failed(sentence)] };
    return inactive(all, { reason: first?.reason ?? "", message });
  }
  return limited(autoscaler, best, { ...base, effects, metrics }, now);
}

export function rulesOf({ spec: { behavior } }: HorizontalPodAutoscaler): Rules | undefined {
  if (behavior === undefined) return undefined;
  return { scaleUp: behavior.scaleUp ?? {}, scaleDown: behavior.scaleDown ?? {} };
}

function limited(
  autoscaler: HorizontalPodAutoscaler,
  best: Proposal,
  base: Base,
  now: Date,
): Decision {
  const { current } = base;
  const min = minimumOf(autoscaler);
  const bounds = { current, desired: best.replicas, min, max: autoscaler.spec.maxReplicas };
  const rules = rulesOf(autoscaler);
  const { replicas, recommendations, conditions } =
    rules === undefined
      ? limitPlainly(bounds, base.history, now)
      : limitByRules(bounds, rules, base.history, now);
  const active: Wanted = {
    type: "ScalingActive",
    status: "True",
    reason: "ValidMetricFound",
    message: `the HPA was able to successfully calculate a replica count from ${best.name}`,
  };
  const wakes = current === 0 && min !== 0 && wasScaledToZero(autoscaler) && replicas < min;
  const to = wakes ? min : replicas;
  const metric = best.replicas > 0 ? best.name : "";
  const why = ((): string => {
    if (best.replicas > current) return `${metric} above target`;
    if (best.replicas < current) return "All metrics below target";
    return wakes ? "Current number of replicas below Spec.MinReplicas" : "";
  })();
  return {
    ...base,
    conditions: [...base.conditions, active, ...conditions],
    desired: to,
    rescale: to === current ? undefined : { from: current, to, reason: why },
    history: { ...base.history, recommendations },
  };
}

export interface Outcome {
  readonly effects: readonly Effect[];
  readonly history: History;
}

/** After the target was scaled, or was to be: `refused` says why it was not. */
export function conclude(
  autoscaler: HorizontalPodAutoscaler,
  decision: Decision,
  refused: string | undefined,
  now: Date,
): Outcome {
  const { rescale, current, history } = decision;
  if (rescale === undefined) return finished(autoscaler, decision, now, history);
  const { from, to, reason } = rescale;
  const size = `New size: ${to}; reason: ${reason}`;
  if (refused !== undefined) {
    const message = `the HPA controller was unable to update the target scale: ${refused}`;
    const conditions: Wanted[] = [
      ...decision.conditions,
      { type: "AbleToScale", status: "False", reason: "FailedUpdateScale", message },
    ];
    const said = event(autoscaler, "Warning", "FailedRescale", `${size}; error: ${refused}`);
    const effects = [...decision.effects, said];
    const unscaled = { ...decision, conditions, effects, desired: undefined, rescale: undefined };
    return finished(autoscaler, unscaled, now, history);
  }
  const toZero = from > 0 && to === 0 && minimumOf(autoscaler) === 0 && hasOwnMetrics(autoscaler);
  const conditions: Wanted[] = [
    ...decision.conditions,
    {
      type: "AbleToScale",
      status: "True",
      reason: "SucceededRescale",
      message: `the HPA controller was able to update the target scale to ${to}`,
    },
    {
      type: "ScaledToZero",
      status: toZero ? "True" : "False",
      reason: toZero ? "ScaledToZero" : "NotScaledToZero",
      message: toZero
        ? "the HPA controller scaled the workload to zero"
        : "the HPA controller did not scale the workload to zero",
    },
  ];
  const effects = [...decision.effects, event(autoscaler, "Normal", "SuccessfulRescale", size)];
  const changed = withChange(history, rulesOf(autoscaler), { current, desired: to }, now);
  return finished(autoscaler, { ...decision, conditions, effects }, now, changed);
}

function finished(
  autoscaler: HorizontalPodAutoscaler,
  { effects, conditions, current, desired, metrics, rescale }: Decision,
  now: Date,
  history: History,
): Outcome {
  const { status, metadata } = autoscaler;
  const next: HorizontalPodAutoscalerStatus = {
    observedGeneration: metadata.generation,
    currentReplicas: current,
    desiredReplicas: desired ?? status?.desiredReplicas ?? 0,
    lastScaleTime: rescale === undefined ? status?.lastScaleTime : formatTime(now),
    ...(metrics.length === 0 ? {} : { currentMetrics: [...metrics] }),
    conditions: withConditions(status?.conditions ?? [], conditions, now),
  };
  return { effects: [...effects, ...written(autoscaler, next)], history };
}

function written(
  autoscaler: HorizontalPodAutoscaler,
  status: HorizontalPodAutoscalerStatus,
): readonly Effect[] {
  const again = requeueAfter(syncSeconds);
  if (meansTheSame(status, autoscaler.status)) return [again];
  return [again, updateStatus(horizontalpodautoscalers, { ...autoscaler, status })];
}

/** The target, or its scale, could not be read. */
export function unreachable(
  autoscaler: HorizontalPodAutoscaler,
  why: string,
  now: Date,
): readonly Effect[] {
  const message = `the HPA controller was unable to get the target's current scale: ${why}`;
  const condition: Wanted = {
    type: "AbleToScale",
    status: "False",
    reason: "FailedGetScale",
    message,
  };
  const conditions = withConditions(autoscaler.status?.conditions ?? [], [condition], now);
  const status = { ...autoscaler.status, conditions };
  return [event(autoscaler, "Warning", "FailedGetScale", why), ...written(autoscaler, status)];
}
