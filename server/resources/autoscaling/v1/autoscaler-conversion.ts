/**
 * autoscaling/v1 knows one metric, CPU; v2 is stored. What v1 cannot say travels in annotations, so that a
 * client that reads and writes v1 loses nothing.
 */
import type { HorizontalPodAutoscaler as V1 } from "#gen/api/autoscaling/v1.ts";
import type {
  MetricSpec,
  MetricStatus,
  HorizontalPodAutoscaler as V2,
  HorizontalPodAutoscalerSpec as V2Spec,
  HorizontalPodAutoscalerStatus as V2Status,
} from "#gen/api/autoscaling/v2.ts";
import {
  extraNames,
  extraPrefix,
  withoutExtras,
} from "#resources/autoscaling/v2/autoscaler-annotations.ts";
import { readBehavior, shownBehavior } from "./autoscaler-behavior.ts";
import { shownSpec, shownStatus, specOf, statusOf, type V1Metric } from "./autoscaler-metrics.ts";

interface Extras {
  readonly metrics: readonly object[];
  readonly "current-metrics": readonly object[];
  readonly conditions: V2Status["conditions"];
  readonly behavior: ReturnType<typeof shownBehavior>;
}

interface Unpacked {
  readonly metrics: readonly V1Metric[];
  readonly "current-metrics": readonly V1Metric[];
  readonly conditions: V2Status["conditions"];
  readonly behavior: V2Spec["behavior"];
}

/** What does not parse says nothing. */
function unpacked(annotations: Readonly<Record<string, string>>): Partial<Unpacked> {
  const extras: Record<string, unknown> = {};
  for (const name of extraNames) {
    const text = annotations[extraPrefix + name];
    if (text === undefined) continue;
    try {
      const said = JSON.parse(text) ?? undefined;
      extras[name] = name === "behavior" ? readBehavior(said) : said;
    } catch {}
  }
  // Written by packed(); what a client put there instead meets v2's validation.
  return extras as Partial<Unpacked>;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.length === 0);

function packed(
  annotations: Readonly<Record<string, string>> | undefined,
  extras: Extras,
): Record<string, string> | undefined {
  const all = withoutExtras(annotations) ?? {};
  for (const name of extraNames) {
    if (!isEmpty(extras[name])) all[extraPrefix + name] = JSON.stringify(extras[name]);
  }
  return Object.keys(all).length === 0 ? undefined : all;
}

const listOf = <T>(items: T[]): T[] | undefined => (items.length === 0 ? undefined : items);

function cpuTarget(averageUtilization: number | undefined): MetricSpec[] {
  if (averageUtilization === undefined) return [];
  const target = { type: "Utilization", averageUtilization };
  return [{ type: "Resource", resource: { name: "cpu", target } }];
}

function cpuNow(averageUtilization: number | undefined): MetricStatus[] {
  if (averageUtilization === undefined) return [];
  return [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization } } }];
}

export function toV2({ metadata, spec, status }: V1): V2 {
  const extras = unpacked(metadata.annotations ?? {});
  const { targetCPUUtilizationPercentage: wanted, ...common } = spec;
  const { currentCPUUtilizationPercentage: seen, ...observed } = status ?? {};
  const { metrics = [], behavior, conditions } = extras;
  const annotations = withoutExtras(metadata.annotations);
  // They say more than the one number.
  const current = extras["current-metrics"]?.map(statusOf) ?? cpuNow(seen);
  return {
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v2",
    metadata: { ...metadata, annotations },
    spec: { ...common, metrics: listOf([...metrics.map(specOf), ...cpuTarget(wanted)]), behavior },
    status: {
      ...observed,
      // v2 leaves out what v1 shows as none.
      currentReplicas: observed.currentReplicas || undefined,
      desiredReplicas: observed.desiredReplicas ?? 0,
      currentMetrics: listOf(current),
      conditions,
    },
  };
}

export function fromV2({ metadata, spec, status }: V2): V1 {
  const isCpu = (metric: MetricSpec | MetricStatus): boolean =>
    metric.type === "Resource" && metric.resource?.name === "cpu";
  const target = spec.metrics?.find(
    (metric) => isCpu(metric) && metric.resource?.target.type === "Utilization",
  );
  const now = status?.currentMetrics?.find(isCpu);
  const annotations = packed(metadata.annotations, {
    metrics: (spec.metrics ?? []).filter((metric) => metric !== target).map(shownSpec),
    "current-metrics": (status?.currentMetrics ?? []).map(shownStatus),
    conditions: status?.conditions,
    behavior: shownBehavior(spec.behavior),
  });
  return {
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v1",
    metadata: { ...metadata, annotations },
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      targetCPUUtilizationPercentage: target?.resource?.target.averageUtilization,
    },
    status: {
      observedGeneration: status?.observedGeneration,
      lastScaleTime: status?.lastScaleTime,
      currentReplicas: status?.currentReplicas ?? 0,
      desiredReplicas: status?.desiredReplicas ?? 0,
      currentCPUUtilizationPercentage: now?.resource?.current.averageUtilization,
    },
  };
}
