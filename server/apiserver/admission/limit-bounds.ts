/** What a LimitRange's item forbids, in upstream's sentences. */
import { compareQuantity, parseQuantity, quantityMilli } from "#apimachinery/quantity.ts";
import type { LimitRangeItem, Pod } from "#gen/api/core/v1.ts";
import { containerLimits, containerRequests } from "#resources/core/v1/pod-requests.ts";

export type Amounts = Readonly<Record<string, string>>;

export interface Usage {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

function below(a: string, b: string): boolean {
  return compareQuantity(parseQuantity(a), parseQuantity(b)) < 0;
}

interface Bound {
  readonly item: LimitRangeItem;
  readonly resource: string;
  readonly enforced: string;
  readonly request: string | undefined;
  readonly limit: string | undefined;
}

function minFault({ item, resource, enforced, request, limit }: Bound): string | undefined {
  const what = `minimum ${resource} usage per ${item.type} is ${enforced}`;
  if (request === undefined) return `${what}.  No request is specified`;
  if (below(request, enforced)) return `${what}, but request is ${request}`;
  return limit !== undefined && below(limit, enforced)
    ? `${what}, but limit is ${limit}`
    : undefined;
}

function maxFault({ item, resource, enforced, request, limit }: Bound): string | undefined {
  const what = `maximum ${resource} usage per ${item.type} is ${enforced}`;
  if (item.type === "PersistentVolumeClaim") {
    if (request === undefined) return `${what}.  No request is specified`;
    return below(enforced, request) ? `${what}, but request is ${request}` : undefined;
  }
  if (limit === undefined) return `${what}.  No limit is specified`;
  if (below(enforced, limit)) return `${what}, but limit is ${limit}`;
  return request !== undefined && below(enforced, request)
    ? `${what}, but request is ${request}`
    : undefined;
}

function ratioFault({ item, resource, enforced, request, limit }: Bound): string | undefined {
  const what = `${resource} max limit to request ratio per ${item.type} is ${enforced}`;
  const asked = request === undefined ? 0 : Number(quantityMilli(request));
  if (asked === 0) return `${what}, but no request is specified or request is 0`;
  const bound = limit === undefined ? 0 : Number(quantityMilli(limit));
  if (bound === 0) return `${what}, but no limit is specified or limit is 0`;
  const ratio = bound / asked;
  return ratio * 1000 > Number(quantityMilli(enforced))
    ? `${what}, but provided ratio is ${ratio.toFixed(6)}`
    : undefined;
}

export function boundFaults(item: LimitRangeItem, usage: Usage): readonly string[] {
  const check = (
    bounds: Amounts | undefined,
    fault: (bound: Bound) => string | undefined,
  ): string[] =>
    Object.entries(bounds ?? {}).flatMap(([resource, enforced]) => {
      const request = usage.requests[resource];
      const limit = usage.limits[resource];
      const found = fault({ item, resource, enforced, request, limit });
      return found === undefined ? [] : [found];
    });
  return [
    ...check(item.min, minFault),
    ...check(item.max, maxFault),
    ...check(item.maxLimitRequestRatio, ratioFault),
  ];
}

/** All that runs at once: sidecars add up, an init container counts where it alone takes more; the pod's own come first. */
export function podAmounts(pod: Pod): Usage {
  const { requests, limits } = pod.spec.resources ?? {};
  return {
    requests: { ...containerRequests(pod), ...requests },
    limits: { ...containerLimits(pod), ...limits },
  };
}
