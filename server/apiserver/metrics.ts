/**
 * Upstream's API server metrics in Prometheus text. One row of plain numbers a (verb, resource, code): the hot
 * path adds to it, all text is made when somebody scrapes.
 */

import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { RequestInfo } from "./attributes.ts";

/** Upstream's buckets of apiserver_request_duration_seconds. */
const bounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
] as const;

export type Measured = Pick<RequestInfo, "verb" | "group" | "version" | "resource" | "subresource">;

interface Row extends Measured {
  readonly code: number;
  count: number;
  seconds: number;
  readonly buckets: number[];
}

const label = (value: string): string => value.replace(/[\\"\n]/g, "_");

function labelsOf(row: Measured): string {
  return (
    `group="${label(row.group)}",resource="${label(row.resource)}",` +
    `subresource="${label(row.subresource)}",verb="${row.verb.toUpperCase()}",version="${label(row.version)}"`
  );
}

const verbs: ReadonlySet<string> = new Set([
  ...["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"],
  ...["head", "post", "put", "options", "connect"],
]);
const unserved = { group: "", version: "", resource: "", subresource: "" };

/**
 * What a request counts as: by the names of the resource that serves it, undefined where none does. A name that only
 * the client knows is counted without it, else whoever asks for many fills the memory and every scrape.
 */
export function measuredOf(info: RequestInfo, ref: ResourceRef | undefined): Measured {
  const verb = verbs.has(info.verb) ? info.verb : "other";
  if (ref === undefined) return { ...unserved, verb };
  const { group, version, plural: resource } = ref;
  const isKnown = ref.subresources.some(({ name }) => name === info.subresource);
  return { verb, group, version, resource, subresource: isKnown ? info.subresource : "" };
}

/** Kinds times verbs times codes stay far below; definitions that come and go could pass it. */
const rowsMax = 10_000;

export class Metrics {
  readonly #rows = new Map<string, Row>();
  readonly inflight = { readOnly: 0, mutating: 0 };
  watchers = 0;
  watchEvents = 0;
  rejected = 0;

  /** `seconds` of an answered request; watches are counted, not timed. */
  record(measured: Measured, code: number, seconds: number): void {
    const { verb, group, version, resource, subresource } = measured;
    const id = `${verb} ${group}/${resource}/${subresource} ${code}`;
    let row = this.#rows.get(id);
    if (row === undefined) {
      if (this.#rows.size >= rowsMax) return;
      const labels = { verb, group, version, resource, subresource, code };
      row = { ...labels, count: 0, seconds: 0, buckets: bounds.map(() => 0) };
      this.#rows.set(id, row);
    }
    row.count += 1;
    if (verb === "watch") return;
    row.seconds += seconds;
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] ?? 0)) at += 1;
    if (at < bounds.length) row.buckets[at] = (row.buckets[at] ?? 0) + 1;
  }

  /** Of a resource that is no longer served: definitions that come and go would fill every scrape. */
  forget({ group, resource }: Pick<Measured, "group" | "resource">): void {
    for (const [id, row] of this.#rows) {
      if (row.group === group && row.resource === resource) this.#rows.delete(id);
    }
  }

  /** Forgets what was counted of requests. */
  reset(): void {
    this.#rows.clear();
  }

  text(): string {
    const rows = [...this.#rows.values()];
    return [
      "# TYPE apiserver_request_total counter",
      ...rows.map(
        (row) => `apiserver_request_total{code="${row.code}",${labelsOf(row)}} ${row.count}`,
      ),
      "# TYPE apiserver_request_duration_seconds histogram",
      ...rows.filter(({ verb }) => verb !== "watch").flatMap(durations),
      "# TYPE apiserver_current_inflight_requests gauge",
      `apiserver_current_inflight_requests{request_kind="readOnly"} ${this.inflight.readOnly}`,
      `apiserver_current_inflight_requests{request_kind="mutating"} ${this.inflight.mutating}`,
      "# TYPE apiserver_longrunning_requests gauge",
      `apiserver_longrunning_requests{verb="WATCH"} ${this.watchers}`,
      "# TYPE apiserver_watch_events_total counter",
      `apiserver_watch_events_total ${this.watchEvents}`,
      "# TYPE apiserver_rejected_requests_total counter",
      `apiserver_rejected_requests_total ${this.rejected}`,
      "",
    ].join("\n");
  }
}

function durations(row: Row): string[] {
  const labels = `code="${row.code}",${labelsOf(row)}`;
  const name = "apiserver_request_duration_seconds";
  let below = 0;
  const lines = bounds.map((bound, at) => {
    below += row.buckets[at] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${below}`;
  });
  return [
    ...lines,
    `${name}_bucket{${labels},le="+Inf"} ${row.count}`,
    `${name}_sum{${labels}} ${row.seconds}`,
    `${name}_count{${labels}} ${row.count}`,
  ];
}
