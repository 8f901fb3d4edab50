/** One Event in two words: core/v1 (as stored) and events.k8s.io/v1. */
import type { Event as CoreEvent } from "#gen/api/core/v1.ts";
import type { Event } from "#gen/api/events/v1.ts";

/** Fields that no side has are left out, so that both forms are as a client would write them. */
function withoutAbsent<T extends object>(fields: T): T {
  for (const [name, value] of Object.entries(fields))
    if (value === undefined) Reflect.deleteProperty(fields, name);
  return fields;
}

export function toCore(event: Event): CoreEvent {
  const { metadata, eventTime, series, action, reason, related, type, reportingInstance } = event;
  return withoutAbsent({
    apiVersion: "v1",
    kind: "Event",
    metadata,
    involvedObject: event.regarding ?? {},
    reason,
    message: event.note,
    source: event.deprecatedSource ?? {},
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount,
    type,
    eventTime,
    series,
    action,
    related,
    reportingComponent: event.reportingController ?? "",
    reportingInstance: reportingInstance ?? "",
  });
}

export function fromCore(event: CoreEvent): Event {
  const { metadata, eventTime, series, action, reason, related, type } = event;
  return withoutAbsent({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata,
    eventTime: eventTime ?? "",
    series:
      series === undefined
        ? undefined
        : { count: series.count ?? 0, lastObservedTime: series.lastObservedTime ?? "" },
    reportingController: event.reportingComponent || undefined,
    reportingInstance: event.reportingInstance || undefined,
    action,
    reason,
    regarding: event.involvedObject,
    related,
    note: event.message,
    type,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count,
  });
}
