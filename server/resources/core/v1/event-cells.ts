/** Cells of an Event's table row. */
import type { Event } from "#gen/api/core/v1.ts";
import { since } from "#resources/cells.ts";
import type { Cell, CellContext } from "#resources/resource.ts";

export function eventCells(event: Event, context: CellContext): readonly Cell[] {
  const { involvedObject, source, series, metadata } = event;
  const first = since(event.firstTimestamp ?? event.eventTime, context);
  const last = event.lastTimestamp ? since(event.lastTimestamp, context) : first;
  const { kind = "", name = "", fieldPath = "" } = involvedObject ?? {};
  const component = source?.component || event.reportingComponent || "";
  const instance = source?.host || event.reportingInstance || "";
  return [
    series === undefined ? last : since(series.lastObservedTime, context),
    event.type ?? "",
    event.reason ?? "",
    name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`,
    fieldPath,
    instance === "" ? component : `${component}, ${instance}`,
    (event.message ?? "").trim(),
    first,
    series?.count ?? (event.count || 1),
    metadata.name,
  ];
}
