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

const prefix = "autoscaling.alpha.kubernetes.io/";

interface Extras {
  readonly metrics: MetricSpec[];
  readonly behavior: V2Spec["behavior"];
  readonly "current-metrics": MetricStatus[];
  readonly conditions: V2Status["conditions"];
}

const names = ["metrics", "behavior", "current-metrics", "conditions"] as const;

/** Annotations that do not parse stay annotations. */
function unpacked(annotations: Readonly<Record<string, string>>): {
  readonly kept: Record<string, string>;
  readonly extras: Partial<Extras>;
} {
  const kept = { ...annotations };
  const extras: Record<string, unknown> = {};
  for (const name of names) {
    const text = annotations[prefix + name];
    if (text === undefined) continue;
    try {
      extras[name] = JSON.parse(text);
      delete kept[prefix + name];
    } catch {}
  }
  // Written by packed(); what a client put there instead meets v2's validation.
  return { kept, extras: extras as Partial<Extras> };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.length === 0);

function packed(
  annotations: Readonly<Record<string, string>> | undefined,
  extras: Extras,
): Record<string, string> | undefined {
  const all = { ...annotations };
  for (const name of names) {
    if (!isEmpty(extras[name])) all[prefix + name] = JSON.stringify(extras[name]);
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
  const { kept, extras } = unpacked(metadata.annotations ?? {});
  const { targetCPUUtilizationPercentage: wanted, ...common } = spec;
  const { currentCPUUtilizationPercentage: seen, ...observed } = status ?? {};
  const { metrics = [], behavior, conditions } = extras;
  const annotations = Object.keys(kept).length === 0 ? undefined : kept;
  return {
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v2",
    metadata: { ...metadata, annotations },
    spec: { ...common, metrics: listOf([...cpuTarget(wanted), ...metrics]), behavior },
    status: {
      ...observed,
      desiredReplicas: observed.desiredReplicas ?? 0,
      currentMetrics: listOf([...cpuNow(seen), ...(extras["current-metrics"] ?? [])]),
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
    metrics: (spec.metrics ?? []).filter((metric) => metric !== target),
    behavior: spec.behavior,
    "current-metrics": (status?.currentMetrics ?? []).filter((metric) => metric !== now),
    conditions: status?.conditions,
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
