/** ServiceCIDRs are ready once they are held; one that is deleted stays until no service has an address of it alone. */
import { givesAddress, isStrictSubset, isSubset, parseCIDR } from "#apimachinery/ip.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { apply, type Effect, patch, requeueAfter } from "#controllers/effects.ts";
import { type IPAddress, type ServiceCIDR, servicecidrs } from "#gen/api/networking/v1.ts";

const finalizer = "networking.k8s.io/service-cidr-finalizer";
/** The field manager of the condition, as upstream's. */
const manager = "service-cidr-controller";
/** API servers hear of a deletion within this time: nobody gives one of its addresses afterwards. */
const graceSeconds = 10;

const ready = { status: "True", reason: "", message: "Kubernetes Service CIDR is ready" };
const blocked = {
  status: "False",
  reason: "Terminating",
  message:
    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
};

const prefixesOf = ({ spec }: ServiceCIDR) =>
  (spec.cidrs ?? []).map(parseCIDR).filter((cidr) => cidr !== undefined);

export function isGoing({ metadata }: ServiceCIDR): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function overlap(a: ServiceCIDR, b: ServiceCIDR): boolean {
  return prefixesOf(a).some((one) =>
    prefixesOf(b).some((other) => isSubset(one, other) || isStrictSubset(other, one)),
  );
}

export function holds(cidr: ServiceCIDR, { metadata }: IPAddress): boolean {
  if (metadata.labels?.["ipaddress.kubernetes.io/managed-by"] !== "ipallocator.k8s.io")
    return false;
  return prefixesOf(cidr).some((prefix) => givesAddress(prefix, metadata.name));
}

/** Every address of it lies in another one, or nobody has one that lies in none. */
function isFree(
  cidr: ServiceCIDR,
  others: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
): boolean {
  const isCovered = prefixesOf(cidr).every((prefix) =>
    others.some((other) => prefixesOf(other).some((outer) => isSubset(prefix, outer))),
  );
  if (isCovered) return true;
  return !addresses.some(
    (address) => holds(cidr, address) && !others.some((other) => holds(other, address)),
  );
}

function condition(cidr: ServiceCIDR, wanted: typeof ready, now: Date): readonly Effect[] {
  const { name } = cidr.metadata;
  const present = cidr.status?.conditions?.find(({ type }) => type === "Ready");
  const { status, reason, message } = wanted;
  const stands =
    present?.status === status && (present.reason ?? "") === reason && present.message === message;
  if (stands) return [];
  const conditions = [{ type: "Ready", ...wanted, lastTransitionTime: formatTime(now) }];
  const fields = { metadata: { name }, status: { conditions } };
  return [apply(servicecidrs, { namespace: "", name, subresource: "status" }, manager, fields)];
}

export function reconcile(
  cidr: ServiceCIDR,
  all: readonly ServiceCIDR[],
  { addresses, now }: { readonly addresses: readonly IPAddress[]; readonly now: Date },
): readonly Effect[] {
  const { name, finalizers = [], deletionTimestamp } = cidr.metadata;
  const target = { namespace: "", name };
  if (deletionTimestamp === undefined) {
    const held = finalizers.includes(finalizer)
      ? []
      : [patch(servicecidrs, target, { metadata: { finalizers: [finalizer] } })];
    return [...held, ...condition(cidr, ready, now)];
  }
  const others = all.filter((other) => other.metadata.name !== name);
  if (!isFree(cidr, others, addresses)) return condition(cidr, blocked, now);
  const since = parseTime(deletionTimestamp) ?? now;
  const left = graceSeconds - (now.getTime() - since.getTime()) / 1000;
  if (left > 0) return [requeueAfter(left)];
  if (!finalizers.includes(finalizer)) return [];
  const body = { metadata: { "$deleteFromPrimitiveList/finalizers": [finalizer] } };
  return [patch(servicecidrs, target, body)];
}
