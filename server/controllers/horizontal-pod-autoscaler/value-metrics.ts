/** Metrics that are a value: of an object in the cluster, or of something outside of it. */
import { quantityMilli } from "#apimachinery/quantity.ts";
import type {
  ExternalMetricSource,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
} from "#gen/api/autoscaling/v2.ts";
import { goSelector } from "#resources/go-selector.ts";
import { milliQuantity } from "./milli-quantity.ts";
import { byShare, byValue, type Scaled } from "./proposals.ts";
import { NoProposal, type Proposal, type Reading, totalOf, within } from "./samples.ts";

interface ValueProposal {
  readonly replicas: number;
  readonly current: MetricValueStatus;
}

/** undefined: the target asks for nothing that there is. */
function forValue(
  scaled: Scaled,
  target: MetricTarget,
  total: () => number,
): ValueProposal | undefined {
  if (target.averageValue !== undefined) {
    const { replicas, average } = byShare(scaled, total(), quantityMilli(target.averageValue));
    return { replicas, current: { averageValue: milliQuantity(average) } };
  }
  if (target.value === undefined) return undefined;
  const used = total();
  const replicas = byValue(scaled, used, quantityMilli(target.value));
  return { replicas, current: { value: milliQuantity(used) } };
}

export function forObject(
  scaled: Scaled,
  namespace: string,
  { describedObject, metric, target }: ObjectMetricSource,
  reading: Reading,
): Proposal {
  const { kind, name } = describedObject;
  const asked = `unable to get metric ${metric.name} on ${kind} ${namespace}/${name}`;
  const total = (): number => within(asked, () => totalOf(reading));
  const divided = target.averageValue !== undefined;
  const propose = (): ValueProposal | undefined => forValue(scaled, target, total);
  const found = divided ? within(`failed to get ${metric.name} object metric`, propose) : propose();
  if (found === undefined) {
    throw new NoProposal(
      "invalid object metric source: neither a value target nor an average value target was set",
    );
  }
  const { replicas, current } = found;
  const status = { type: "Object", object: { describedObject, metric, current } };
  const title = divided
    ? `external metric ${metric.name}(${goSelector(metric.selector)})`
    : `${kind} metric ${metric.name}`;
  return { replicas, name: title, status };
}

export function forExternal(
  scaled: Scaled,
  namespace: string,
  { metric, target }: ExternalMetricSource,
  reading: Reading,
): Proposal {
  const selector = goSelector(metric.selector);
  const asked = `unable to get external metric ${namespace}/${metric.name}/${selector}`;
  const where =
    target.averageValue === undefined
      ? `failed to get external metric ${metric.name}`
      : `failed to get ${metric.name} external metric`;
  const found = within(where, () =>
    forValue(scaled, target, () => within(asked, () => totalOf(reading))),
  );
  if (found === undefined) {
    throw new NoProposal(
      "invalid external metric source: neither a value target nor an average value target was set",
    );
  }
  const { replicas, current } = found;
  const status = { type: "External", external: { metric, current } };
  return { replicas, name: `external metric ${metric.name}(${selector})`, status };
}
