/** Cells of a HorizontalPodAutoscaler's table row. */
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "#gen/api/autoscaling/v2.ts";
import { age } from "#resources/cells.ts";
import type { Cell, CellContext } from "#resources/resource.ts";

const metricsShownMax = 2;

export function autoscalerCells(
  autoscaler: HorizontalPodAutoscaler,
  context: CellContext,
): readonly Cell[] {
  const { spec, status, metadata } = autoscaler;
  return [
    metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    metricsCell(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? "<unset>" : `${spec.minReplicas}`,
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    age(autoscaler, context),
  ];
}

function metricsCell(
  specs: readonly MetricSpec[],
  statuses: readonly MetricStatus[] | null,
): string {
  if (specs.length === 0) return "<none>";
  const shown = specs
    .slice(0, metricsShownMax)
    .map((spec, index) => metricCell(spec, statuses?.[index]));
  const more = specs.length - metricsShownMax;
  return more > 0 ? `${shown.join(", ")} + ${more} more...` : shown.join(", ");
}

const unknown = "<unknown>";
/** As Go prints a quantity that is not there. */
const none = "<nil>";

const shown = (current: MetricValueStatus | undefined, field: "value" | "averageValue"): string =>
  current === undefined ? unknown : (current[field] ?? none);

function metricCell(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case "External":
      return valueCell(spec.external?.target, status?.external?.current);
    case "Object":
      return valueCell(spec.object?.target, status?.object?.current);
    case "Pods":
      return `${shown(status?.pods?.current, "averageValue")}/${spec.pods?.target.averageValue ?? none}`;
    case "Resource":
      return usageCell(spec.resource, status?.resource?.current);
    case "ContainerResource":
      return usageCell(spec.containerResource, status?.containerResource?.current);
    default:
      return "<unknown type>";
  }
}

function valueCell(
  target: MetricTarget | undefined,
  current: MetricValueStatus | undefined,
): string {
  if (target?.averageValue !== undefined)
    return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  return `${shown(current, "value")}/${target?.value ?? none}`;
}

function usageCell(
  source: { name: string; target: MetricTarget } | undefined,
  current: MetricValueStatus | undefined,
): string {
  if (source === undefined) return "<unknown type>";
  const { name, target } = source;
  if (target.averageValue !== undefined)
    return `${name}: ${shown(current, "averageValue")}/${target.averageValue}`;
  const used = current?.averageUtilization;
  const asked = target.averageUtilization;
  return `${name}: ${used === undefined ? unknown : `${used}%`}/${asked === undefined ? "<auto>" : `${asked}%`}`;
}
