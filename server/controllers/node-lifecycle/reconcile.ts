/** A node that falls silent: its conditions become Unknown, it is tainted, its pods are no longer ready. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type Effect, event, patch, requeueAfter, updateStatus } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import { podCondition } from "#controllers/pod-conditions.ts";
import {
  type Node,
  type NodeCondition,
  nodes,
  type Pod,
  pods,
  type Taint,
} from "#gen/api/core/v1.ts";

/** Upstream's --node-monitor-grace-period, five lease renewals, and --node-startup-grace-period. */
export const graceSeconds = 50;
export const startupGraceSeconds = 60;

export interface Observed {
  /** Since the last sign of life: a renewed Lease or a new heartbeat. */
  readonly silentSeconds: number;
  readonly pods: readonly Pod[];
  /** Asks the zone's limiter; 0: the node may be tainted NoExecute now, else seconds to wait. */
  evictionWait(): number;
}

export function readyCondition({ status }: Node): NodeCondition | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

export function reconcile(node: Node, observed: Observed, now: Date): readonly Effect[] {
  if (node.metadata.deletionTimestamp !== undefined) return [];
  const grace = readyCondition(node) === undefined ? startupGraceSeconds : graceSeconds;
  const silent = observed.silentSeconds > grace;
  const conditions = silent ? unknownConditions(node, now) : (node.status.conditions ?? []);
  const judged = { ...node, status: { ...node.status, conditions: [...conditions] } };
  const changed = !deepEqual(conditions, node.status.conditions ?? []);
  const left = Math.max(1, grace - observed.silentSeconds + 1);
  return [
    ...(changed ? [updateStatus(nodes, judged)] : []),
    // The status moves the version that the taints are compared with: they follow when it is seen.
    ...(changed ? [] : taint(node, observed, now)),
    ...(readyCondition(judged)?.status === "True"
      ? []
      : markPodsNotReady(judged, observed.pods, now)),
    requeueAfter(silent ? grace : left),
  ];
}

const healthTypes = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

function unknownConditions({ status, metadata }: Node, now: Date): readonly NodeCondition[] {
  const known = status.conditions ?? [];
  const time = formatTime(now);
  const others = known.filter(({ type }) => !healthTypes.includes(type));
  const judged = healthTypes.map((type) => {
    const old = known.find((condition) => condition.type === type);
    if (old === undefined) {
      return {
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        lastHeartbeatTime: metadata.creationTimestamp,
        lastTransitionTime: time,
      };
    }
    if (old.status === "Unknown") return old;
    return {
      ...old,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: time,
    };
  });
  return [...others, ...judged];
}

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";

/** Condition, the status at which it taints, the taint. */
const conditionTaints = [
  ["Ready", "False", notReady],
  ["Ready", "Unknown", unreachable],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
] as const;
const unschedulable = "node.kubernetes.io/unschedulable";

const ownNoSchedule: ReadonlySet<string> = new Set([
  ...conditionTaints.map(([, , key]) => key),
  unschedulable,
]);

function wantedNoSchedule({ status, spec }: Node): readonly string[] {
  const wanted: string[] = conditionTaints
    .filter(([type, at]) => status.conditions?.some((it) => it.type === type && it.status === at))
    .map(([, , key]) => key);
  return spec.unschedulable === true ? [...wanted, unschedulable] : wanted;
}

function wantedNoExecute(node: Node): string | undefined {
  const ready = readyCondition(node)?.status;
  if (ready === "False") return notReady;
  return ready === "Unknown" ? unreachable : undefined;
}

function taint(node: Node, observed: Observed, now: Date): readonly Effect[] {
  const old = node.spec.taints ?? [];
  const noSchedule = wantedNoSchedule(node);
  const noExecute = wantedNoExecute(node);
  const kept = old.filter((it) => isKept(it, noSchedule, noExecute));
  const has = (key: string, effect: string): boolean =>
    kept.some((it) => it.key === key && it.effect === effect);
  const timeAdded = formatTime(now);
  const added: Taint[] = noSchedule
    .filter((key) => !has(key, "NoSchedule"))
    .map((key) => ({ key, effect: "NoSchedule", timeAdded }));
  const due = noExecute !== undefined && !has(noExecute, "NoExecute");
  const wait = due ? observed.evictionWait() : 0;
  if (due && wait === 0) added.push({ key: noExecute, effect: "NoExecute", timeAdded });
  const later = wait > 0 ? [requeueAfter(wait)] : [];
  if (added.length === 0 && kept.length === old.length) return later;
  const { name, resourceVersion } = node.metadata;
  // The list is replaced as a whole, so it must be the one that we read.
  const body = { metadata: { resourceVersion }, spec: { taints: [...kept, ...added] } };
  return [patch(nodes, { namespace: "", name }, body), ...later];
}

function isKept(
  { key, effect }: Taint,
  noSchedule: readonly string[],
  noExecute: string | undefined,
): boolean {
  if (effect === "NoSchedule" && ownNoSchedule.has(key)) return noSchedule.includes(key);
  if (effect === "NoExecute" && (key === notReady || key === unreachable)) return key === noExecute;
  return true;
}

/** So that Services stop sending to them; the kubelet, when it is back, says how they are. */
function markPodsNotReady(node: Node, all: readonly Pod[], now: Date): readonly Effect[] {
  const affected = all.filter((pod) => podCondition(pod, "Ready")?.status === "True");
  if (affected.length === 0) return [];
  const time = formatTime(now);
  const ready = { type: "Ready", status: "False", lastTransitionTime: time };
  const body = { status: { conditions: [ready] } };
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
  return [
    event(node, "Normal", "NodeNotReady", message),
    ...affected.flatMap((pod) => [
      patch(pods, { ...targetOf(pod), subresource: "status" }, body),
      event(pod, "Warning", "NodeNotReady", "Node is not ready"),
    ]),
  ];
}
