/** Metrics as autoscaling/v1 spells them in annotations; fields in the order of upstream's types, since the text is compared. */
import type {
  CrossVersionObjectReference,
  MetricSpec,
  MetricStatus,
} from "#gen/api/autoscaling/v2.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";

interface Source {
  readonly name?: string;
  readonly container?: string;
  readonly target?: CrossVersionObjectReference;
  readonly metricName?: string;
  readonly selector?: LabelSelector;
  readonly metricSelector?: LabelSelector;
  readonly targetValue?: string;
  readonly averageValue?: string;
  readonly targetAverageValue?: string;
  readonly targetAverageUtilization?: number;
  readonly currentValue?: string;
  readonly currentAverageValue?: string;
  readonly currentAverageUtilization?: number;
}

const kinds = ["object", "pods", "resource", "containerResource", "external"] as const;

/** One of its kinds is there. */
export interface V1Metric extends Partial<Record<(typeof kinds)[number], Source>> {
  readonly type: string;
}

const shownTarget = ({ kind, name, apiVersion }: CrossVersionObjectReference): object => ({
  kind,
  name,
  ...(apiVersion === undefined ? {} : { apiVersion }),
});

/** A metric of a spec. */
export function shownSpec(metric: MetricSpec): object {
  const { type, object, pods, resource, containerResource, external } = metric;
  return {
    type,
    object: object && {
      target: shownTarget(object.describedObject),
      metricName: object.metric.name,
      targetValue: object.target.value ?? "0",
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? "0",
      selector: pods.metric.selector,
    },
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target.averageUtilization,
      targetAverageValue: resource.target.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      targetAverageUtilization: containerResource.target.averageUtilization,
      targetAverageValue: containerResource.target.averageValue,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  };
}

/** A metric of a status. */
export function shownStatus(metric: MetricStatus): object {
  const { type, object, pods, resource, containerResource, external } = metric;
  return {
    type,
    object: object && {
      target: shownTarget(object.describedObject),
      metricName: object.metric.name,
      currentValue: object.current.value ?? "0",
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? "0",
      selector: pods.metric.selector,
    },
    resource: resource && {
      name: resource.name,
      currentAverageUtilization: resource.current.averageUtilization,
      currentAverageValue: resource.current.averageValue ?? "0",
    },
    containerResource: containerResource && {
      name: containerResource.name,
      currentAverageUtilization: containerResource.current.averageUtilization,
      currentAverageValue: containerResource.current.averageValue ?? "0",
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? "0",
      currentAverageValue: external.current.averageValue,
    },
  };
}

const noTarget: CrossVersionObjectReference = { kind: "", name: "" };

interface Amounts {
  readonly type: string;
  readonly value: string | undefined;
  readonly averageValue: string | undefined;
  readonly averageUtilization: number | undefined;
}

function wantedOf(kind: (typeof kinds)[number], source: Source): Amounts {
  const averageUtilization = source.targetAverageUtilization;
  const averageValue = source.averageValue ?? source.targetAverageValue;
  const value = averageValue === undefined ? source.targetValue : undefined;
  const ofValue = kind === "object" || kind === "external" ? value : undefined;
  const type =
    averageUtilization !== undefined
      ? "Utilization"
      : ofValue !== undefined
        ? "Value"
        : "AverageValue";
  return { type, value: ofValue, averageValue, averageUtilization };
}

/** What stands around the amounts of one kind; v2's own types tell kinds apart by which is there. */
function frameOf(kind: (typeof kinds)[number], source: Source): object {
  const { name = "", container = "", target = noTarget, metricName = "" } = source;
  const metric = { name: metricName, selector: source.selector ?? source.metricSelector };
  switch (kind) {
    case "object":
      return { describedObject: target, metric };
    case "pods":
    case "external":
      return { metric };
    case "resource":
      return { name };
    case "containerResource":
      return { name, container };
  }
}

const kindOf = (metric: V1Metric) => kinds.find((kind) => metric[kind] !== undefined);

export function specOf(metric: V1Metric): MetricSpec {
  const kind = kindOf(metric);
  if (kind === undefined) return { type: metric.type };
  const source = metric[kind] ?? {};
  const target = wantedOf(kind, source);
  return { type: metric.type, [kind]: { ...frameOf(kind, source), target } };
}

export function statusOf(metric: V1Metric): MetricStatus {
  const kind = kindOf(metric);
  if (kind === undefined) return { type: metric.type };
  const source = metric[kind] ?? {};
  const current = {
    value: source.currentValue,
    averageValue: source.averageValue ?? source.currentAverageValue,
    averageUtilization: source.currentAverageUtilization,
  };
  return { type: metric.type, [kind]: { ...frameOf(kind, source), current } };
}
