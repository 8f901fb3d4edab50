/** The node's own last word before it runs a pod: upstream's predicateAdmitHandler, for resources and host ports. Pure. */
import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { podRequests } from "#resources/core/v1/pod-requests.ts";
import { isSidecar } from "./pod-runtime.ts";
import type { Verdict } from "./status.ts";

/** cpu in thousandths, everything else in units. */
type Amounts = ReadonlyMap<string, number>;

function amount(resource: string, text: string): number {
  return resource === "cpu" ? quantityMilli(text) : quantityValue(text);
}

function combine(a: Amounts, b: Amounts, merge: (x: number, y: number) => number): Amounts {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return new Map([...keys].map((key) => [key, merge(a.get(key) ?? 0, b.get(key) ?? 0)]));
}

const add = (x: number, y: number): number => x + y;

function amountsOf(pod: Pod): Amounts {
  const entries = Object.entries(podRequests(pod));
  return new Map(entries.map(([resource, text]) => [resource, amount(resource, text)]));
}

/** Refuses what the node cannot hold beside the pods that it has; undefined: admitted. */
export function admitPod(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): Verdict | undefined {
  const podsMax = Number(allocatable["pods"] ?? "0");
  if (others.length + 1 > podsMax) {
    return refused("pods", { requested: 1, used: others.length, capacity: podsMax });
  }
  if (portsClash(pod, others)) {
    const why = "node(s) didn't have free ports for the requested pod ports";
    const message = `Pod was rejected: Predicate NodePorts failed: ${why}`;
    return { reason: "NodePorts", message };
  }
  const short = shortage(pod, others, allocatable);
  return short === undefined ? undefined : refused(short.resource, short);
}

/** cpu in thousandths, everything else in units. */
export interface Shortage {
  readonly resource: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/** The first resource of which the node has not enough for this pod too. */
export function shortage(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): Shortage | undefined {
  const wanted = amountsOf(pod);
  if (wanted.size === 0) return undefined;
  const nothing: Amounts = new Map();
  const used = others.map(amountsOf).reduce((a, b) => combine(a, b, add), nothing);
  for (const [resource, requested] of wanted) {
    if (requested === 0) continue;
    // What somebody else wrote into the node's status is the scheduler's to count, as upstream has it.
    if (resource.includes("/") && allocatable[resource] === undefined) continue;
    const has = amount(resource, allocatable[resource] ?? "0");
    const taken = used.get(resource) ?? 0;
    if (requested + taken > has) {
      return { resource, requested, used: taken, capacity: has };
    }
  }
  return undefined;
}

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  return [...spec.containers, ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ hostPort = 0, hostIP, protocol = "TCP" }) => ({
      ip: hostIP === undefined || hostIP === "" ? anyAddress : hostIP,
      protocol,
      port: hostPort,
    }));
}

const anyAddress = "0.0.0.0";

function portsClash(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  const taken = others.flatMap(hostPortsOf);
  const meet = (a: HostPort, b: HostPort): boolean =>
    a.port === b.port &&
    a.protocol === b.protocol &&
    (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress);
  return wanted.some((one) => taken.some((other) => meet(one, other)));
}

function refused(
  resource: string,
  { requested, used, capacity }: { requested: number; used: number; capacity: number },
): Verdict {
  const detail = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  const message = `Node didn't have enough resource: ${resource}, ${detail}`;
  return { reason: `OutOf${resource}`, message: `Pod was rejected: ${message}` };
}
