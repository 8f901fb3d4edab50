/** One metric of an autoscaler: what it asks for, what is there, and how many replicas that makes. */
import { quantityMilli } from "#apimachinery/quantity.ts";
import type {
  MetricSpec,
  MetricTarget,
  MetricValueStatus,
  PodsMetricSource,
} from "#gen/api/autoscaling/v2.ts";
import { milliQuantity } from "./milli-quantity.ts";
import { byAverage, byUtilization, type Scaled } from "./proposals.ts";
import { NoProposal, type Proposal, type Reading, samplesOf, within } from "./samples.ts";
import { forExternal, forObject } from "./value-metrics.ts";

export interface Failure {
  /** Of condition and event. */
  readonly reason: string;
  readonly why: string;
  /** Which metric could not be had, and why. */
  readonly error: string;
}

interface ResourceProposal {
  readonly replicas: number;
  readonly name: string;
  readonly current: MetricValueStatus;
}

interface ResourceMetric {
  readonly resource: string;
  readonly container: string;
  readonly target: MetricTarget;
}

function forResource(scaled: Scaled, metric: ResourceMetric, reading: Reading): ResourceProposal {
  const { resource, container, target } = metric;
  const samples = () =>
    within(`unable to get metrics for resource ${resource}`, () => samplesOf(reading));
  if (target.averageValue !== undefined) {
    const wanted = quantityMilli(target.averageValue);
    const { replicas, usage } = within(`failed to get ${resource} usage`, () =>
      byAverage(scaled, samples(), resource, wanted),
    );
    const current = { averageValue: milliQuantity(usage.average, resource) };
    return { replicas, name: `${resource} resource`, current };
  }
  const { averageUtilization: percent } = target;
  if (percent === undefined) {
    throw new NoProposal(
      "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set",
    );
  }
  const { replicas, usage } = within(`failed to get ${resource} utilization`, () =>
    byUtilization(scaled, samples(), { resource, container, percent }),
  );
  const current = {
    averageUtilization: usage.percent,
    averageValue: milliQuantity(usage.average, resource),
  };
  const whose = container === "" ? "resource" : "container resource";
  return { replicas, name: `${resource} ${whose} utilization (percentage of request)`, current };
}

function forPods(scaled: Scaled, { metric, target }: PodsMetricSource, reading: Reading): Proposal {
  const samples = within(`unable to get metric ${metric.name}`, () => samplesOf(reading));
  const wanted = quantityMilli(target.averageValue ?? "0");
  const { replicas, usage } = byAverage(scaled, samples, "", wanted);
  const current = { averageValue: milliQuantity(usage.average) };
  const status = { type: "Pods", pods: { metric, current } };
  return { replicas, name: `pods metric ${metric.name}`, status };
}

interface Attempt {
  readonly reason: string;
  readonly where: string;
  propose(reading: Reading): Proposal;
}

/** How a metric is worked out, and what is said when it cannot be. */
function attemptOf(scaled: Scaled, namespace: string, spec: MetricSpec): Attempt | undefined {
  const { resource, containerResource, pods, object, external } = spec;
  if (spec.type === "Resource" && resource !== undefined) {
    const { name, target } = resource;
    return {
      reason: "FailedGetResourceMetric",
      where: `failed to get ${name} resource metric value`,
      propose(reading) {
        const asked = { resource: name, container: "", target };
        const { current, ...found } = forResource(scaled, asked, reading);
        return { ...found, status: { type: "Resource", resource: { name, current } } };
      },
    };
  }
  if (spec.type === "ContainerResource" && containerResource !== undefined) {
    const { name, container, target } = containerResource;
    return {
      reason: "FailedGetContainerResourceMetric",
      where: `failed to get ${container} container metric value`,
      propose(reading) {
        const asked = { resource: name, container, target };
        const { current, ...found } = forResource(scaled, asked, reading);
        const status = {
          type: "ContainerResource",
          containerResource: { name, container, current },
        };
        return { ...found, status };
      },
    };
  }
  if (spec.type === "Pods" && pods !== undefined) {
    return {
      reason: "FailedGetPodsMetric",
      where: "failed to get pods metric value",
      propose: (reading) => forPods(scaled, pods, reading),
    };
  }
  if (spec.type === "Object" && object !== undefined) {
    return {
      reason: "FailedGetObjectMetric",
      where: "failed to get object metric value",
      propose: (reading) => forObject(scaled, namespace, object, reading),
    };
  }
  if (spec.type !== "External" || external === undefined) return undefined;
  return {
    reason: "FailedGetExternalMetric",
    where: `failed to get ${external.metric.name} external metric value`,
    propose: (reading) => forExternal(scaled, namespace, external, reading),
  };
}

export function proposalOf(
  scaled: Scaled,
  namespace: string,
  spec: MetricSpec,
  reading: Reading,
): Proposal | Failure {
  const attempt = attemptOf(scaled, namespace, spec);
  if (attempt === undefined) {
    const why = `unknown metric source type "${spec.type}"`;
    return { reason: "InvalidMetricSourceType", why, error: why };
  }
  try {
    return attempt.propose(reading);
  } catch (error) {
    if (!(error instanceof NoProposal)) throw error;
    const { reason, where } = attempt;
    return { reason, why: error.message, error: `${where}: ${error.message}` };
  }
}
