/** Validation of Events: core/v1 is lenient, events.k8s.io/v1 is not. Both are judged in their core form. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isQualifiedName, validateImmutable } from "#apimachinery/validate.ts";
import type { Event } from "#gen/api/core/v1.ts";

const at = (field: string): Path => new Path(field);
const wordBytesMax = 128;
const messageBytesMax = 1024;

/** `controllerField`: reportingComponent in core/v1, reportingController in events.k8s.io/v1. */
function validateCommon(event: Event, controllerField: string): FieldChecks {
  const checks = new FieldChecks();
  const namespace = event.metadata.namespace ?? "";
  const about = event.involvedObject?.namespace ?? "";
  const namespacePath = at("involvedObject.namespace");
  const mismatch = "does not match event.namespace";
  if (!event.eventTime) {
    const matches =
      about === "" ? namespace === "" || namespace === "default" : about === namespace;
    if (!matches) checks.invalid(namespacePath, about, mismatch);
    return checks;
  }
  if (about === "" && namespace !== "default" && namespace !== "kube-system")
    checks.invalid(namespacePath, about, mismatch);
  const {
    reportingComponent = "",
    reportingInstance = "",
    action = "",
    reason = "",
    message = "",
  } = event;
  checks.present(at(controllerField), reportingComponent);
  checks.each(at(controllerField), reportingComponent, isQualifiedName(reportingComponent));
  for (const [field, value] of Object.entries({ reportingInstance, action, reason })) {
    checks.present(at(field), value);
    if (Buffer.byteLength(value) > wordBytesMax)
      checks.invalid(at(field), "", `can have at most ${wordBytesMax} characters`);
  }
  if (Buffer.byteLength(message) > messageBytesMax)
    checks.invalid(at("message"), "", `can have at most ${messageBytesMax} characters`);
  return checks;
}

export function validateCoreEvent(event: Event): FieldError[] {
  return validateCommon(event, "reportingComponent").errors;
}

function validateSeries(checks: FieldChecks, { series }: Event): void {
  if (series === undefined) return;
  if ((series.count ?? 0) < 2) checks.invalid(at("series.count"), "", "should be at least 2");
  checks.present(at("series.lastObservedTime"), series.lastObservedTime);
}

/** The new API's own: told once, by a reporter that names itself. */
export function validateNewEvent(event: Event): FieldError[] {
  const checks = validateCommon(event, "reportingController");
  validateSeries(checks, event);
  checks.present(at("eventTime"), event.eventTime);
  if (event.type !== "Normal" && event.type !== "Warning")
    checks.invalid(at("type"), "", `has invalid value: ${event.type ?? ""}`);
  const unset = "needs to be unset";
  if (event.firstTimestamp) checks.invalid(at("firstTimestamp"), "", unset);
  if (event.lastTimestamp) checks.invalid(at("lastTimestamp"), "", unset);
  if (event.count) checks.invalid(at("count"), "", unset);
  if (event.source?.component || event.source?.host) checks.invalid(at("source"), "", unset);
  return checks.errors;
}

const fixed = [
  "involvedObject",
  "reason",
  "message",
  "source",
  "firstTimestamp",
  "lastTimestamp",
  "count",
  "type",
  "eventTime",
  "action",
  "related",
  "reportingInstance",
] as const;

/** Only the series goes on. */
export function validateNewEventUpdate(event: Event, old: Event): FieldError[] {
  const checks = validateCommon(event, "reportingController");
  validateSeries(checks, event);
  for (const field of fixed) checks.add(validateImmutable(event[field], old[field], at(field)));
  checks.add(
    validateImmutable(event.reportingComponent, old.reportingComponent, at("reportingController")),
  );
  return checks.errors;
}
