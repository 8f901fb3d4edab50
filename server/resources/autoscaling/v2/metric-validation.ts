/** Validation of what an autoscaler measures. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { quantitySign } from "#apimachinery/quantity.ts";
import { isDNS1123Label, isPathSegmentName } from "#apimachinery/validate.ts";
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from "#gen/api/autoscaling/v2.ts";
import { containerResourceName } from "#resources/core/v1/pod-spec/validate-resources.ts";

/** How a reference names its API version. */
export interface ReferenceRules {
  readonly anyVersion: boolean;
  /** The core group is fine. */
  readonly coreGroup: boolean;
}

interface Place {
  readonly path: Path;
  reference(path: Path, reference: Partial<CrossVersionObjectReference>): void;
}

const fields = {
  Object: "object",
  External: "external",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
} as const;
type Kind = keyof typeof fields;
const kinds: readonly Kind[] = ["Object", "External", "Pods", "Resource", "ContainerResource"];

export function validateMetrics(
  checks: FieldChecks,
  metrics: readonly MetricSpec[],
  { path, reference }: Place,
): void {
  for (const [index, metric] of metrics.entries())
    validateMetric(checks, metric, { path: path.index(index), reference });
}

function validateMetric(checks: FieldChecks, metric: MetricSpec, { path, reference }: Place): void {
  const { type } = metric;
  checks.present(path.child("type"), type, "must specify a metric source type");
  checks.oneOf(path.child("type"), type, kinds);
  const present = kinds.filter((kind) => metric[fields[kind]] !== undefined);
  const [first] = present;
  if (first !== undefined)
    validateSource(checks, metric, { kind: first, path: path.child(fields[first]), reference });
  const expected = kinds.find((kind) => kind === type);
  if (expected !== undefined && !present.includes(expected))
    checks.required(
      path.child(fields[expected]),
      "must populate information for the given metric source",
    );
  if (present.length === 1) return;
  for (const kind of present)
    if (kind !== expected)
      checks.forbidden(path.child(fields[kind]), "must populate the given metric source only");
}

function validateSource(
  checks: FieldChecks,
  metric: MetricSpec,
  { kind, path, reference }: Place & { readonly kind: Kind },
): void {
  const { object, external, pods, resource, containerResource } = metric;
  const target = metric[fields[kind]]?.target;
  if (kind === "Object" && object !== undefined) {
    reference(path.child("describedObject"), object.describedObject ?? {});
    identifier(checks, path.child("metric"), object.metric);
  }
  if (kind === "External") identifier(checks, path.child("metric"), external?.metric);
  if (kind === "Pods") identifier(checks, path.child("metric"), pods?.metric);
  const named = kind === "Resource" ? resource : containerResource;
  if (kind === "Resource" || kind === "ContainerResource") {
    const name = named?.name ?? "";
    const isNamed = checks.present(path.child("name"), name, "must specify a resource name");
    if (isNamed && kind === "ContainerResource")
      containerResourceName(checks, path.child("name"), name);
  }
  if (kind === "ContainerResource") {
    const container = containerResource?.container ?? "";
    const containerPath = path.child("container");
    if (checks.present(containerPath, container, "must specify a container"))
      checks.each(containerPath, container, isDNS1123Label(container));
  }
  validateTarget(checks, path.child("target"), target);
  requireTarget(checks, kind, { path: path.child("target"), target });
}

function identifier(checks: FieldChecks, path: Path, metric: MetricIdentifier | undefined): void {
  const name = metric?.name ?? "";
  if (checks.present(path.child("name"), name, "must specify a metric name"))
    checks.each(path.child("name"), name, isPathSegmentName(name));
}

function validateTarget(checks: FieldChecks, path: Path, target: MetricTarget | undefined): void {
  const { type = "", value, averageValue, averageUtilization } = target ?? {};
  checks.present(path.child("type"), type, "must specify a metric target type");
  if (!["Utilization", "Value", "AverageValue"].includes(type))
    checks.invalid(path.child("type"), type, "must be either Utilization, Value, or AverageValue");
  for (const [field, amount] of Object.entries({ value, averageValue }))
    if (amount !== undefined && quantitySign(amount) !== 1)
      checks.invalid(path.child(field), amount, "must be positive");
  if (averageUtilization !== undefined && averageUtilization < 1)
    checks.invalid(path.child("averageUtilization"), averageUtilization, "must be greater than 0");
}

/** Which of the target's values each kind of metric asks for. */
function requireTarget(
  checks: FieldChecks,
  kind: Kind,
  { path, target }: { readonly path: Path; readonly target: MetricTarget | undefined },
): void {
  const { value, averageValue, averageUtilization } = target ?? {};
  const average = path.child("averageValue");
  if (kind === "Pods" && averageValue === undefined)
    checks.required(average, "must specify a positive target averageValue");
  if (
    (kind === "Object" || kind === "External") &&
    value === undefined &&
    averageValue === undefined
  )
    checks.required(average, "must set either a target value or averageValue");
  if (kind === "External" && value !== undefined && averageValue !== undefined)
    checks.forbidden(
      path.child("value"),
      "may not set both a target value for metric and a per-pod target",
    );
  if (kind !== "Resource" && kind !== "ContainerResource") return;
  if (averageUtilization === undefined && averageValue === undefined)
    checks.required(
      path.child("averageUtilization"),
      "must set either a target raw value or a target utilization",
    );
  if (averageUtilization !== undefined && averageValue !== undefined)
    checks.forbidden(average, "may not set both a target raw value and a target utilization");
}
