/** What the cells of several tables share, in the words that kubectl shows. */
import { humanDuration } from "#apimachinery/duration.ts";
import { formatSelector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { parseTime } from "#apimachinery/time.ts";
import type { Container } from "#gen/api/core/v1.ts";
import type { KubeObject, LabelSelector } from "#gen/api/meta/v1.ts";
import type { CellContext } from "./resource.ts";

/** How long ago that was; `<unknown>` where there is no time. */
export function since(timestamp: string | undefined | null, { now }: CellContext): string {
  const then = timestamp ? parseTime(timestamp) : undefined;
  return then === undefined ? "<unknown>" : humanDuration(now.getTime() - then.getTime());
}

/** As Go prints the time that is none. */
export const zeroTime = "0001-01-01T00:00:00Z";

export function age(object: KubeObject, context: CellContext): string {
  return since(object.metadata.creationTimestamp, context);
}

export function orNone(text: string | undefined): string {
  return text === undefined || text === "" ? "<none>" : text;
}

/** `a=b,c=d` in order of the keys. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return orNone(pairs.sort().join(","));
}

export function selectorCell(selector: LabelSelector | undefined): string {
  return orNone(formatSelector(selectorFromLabelSelector(selector)));
}

/** Names and images. */
export function containerCells(containers: readonly Container[] | undefined): [string, string] {
  const all = containers ?? [];
  return [all.map(({ name }) => name).join(","), all.map(({ image = "" }) => image).join(",")];
}

/** The first `max` items, and how many more there are. */
export function listWithMore(items: readonly string[], max: number): string {
  if (items.length === 0) return "<unset>";
  const shown = items.slice(0, max).join(",");
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

/** Addresses of a load balancer's ingress points, sorted, each once. */
export function ingressAddresses(
  ingress: readonly { ip?: string | undefined; hostname?: string | undefined }[] | undefined,
): string {
  const addresses = (ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(addresses.filter((address) => address !== ""))].sort().join(",");
}
