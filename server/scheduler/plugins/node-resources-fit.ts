/** NodeResourcesFit: what the pod requests is free; "Insufficient cpu" is worded by the pod's own requests. */
import type { Pod } from "#gen/api/core/v1.ts";
import { V_TOO_MANY_PODS } from "#gen/scheduler-abi.ts";
import { resourcesOf } from "#scheduler/devices/extended-resources.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import { podRequests } from "#scheduler/pod-requests.ts";
import {
  type DeviceClassChange,
  definePlugin,
  filterAndScore,
  type NodeChange,
  type PodChange,
} from "./plugin.ts";

function fitsEmpty(pod: Pod, { allocatable }: NodeFacts): boolean {
  if ((allocatable.get("pods") ?? 0) < 1) return false;
  for (const [resource, amount] of podRequests(pod)) {
    if (amount > (allocatable.get(resource) ?? 0)) return false;
  }
  return true;
}

/** An update helps only where something that the pod asks for grew. */
function growsFor(pod: Pod, { before, now }: NodeChange): boolean {
  if (!fitsEmpty(pod, now)) return false;
  if (before === undefined) return true;
  const grew = (resource: string) =>
    (now.allocatable.get(resource) ?? 0) > (before.allocatable.get(resource) ?? 0);
  return grew("pods") || [...podRequests(pod).keys()].some(grew);
}

/** A class of devices comes to stand for something that the pod asks for. */
function standsIn(pod: Pod, { before, now }: DeviceClassChange): boolean {
  if (now === undefined) return false;
  const requests = podRequests(pod);
  const known = before === undefined ? [] : resourcesOf(before);
  return resourcesOf(now).some((name) => requests.has(name) && !known.includes(name));
}

/** Gone, or asking for less than before of what the pod asks for. */
function frees(pod: Pod, { before, now }: PodChange): boolean {
  if (before === undefined || now === undefined) return now === undefined;
  const [had, has] = [podRequests(before), podRequests(now)];
  const fell = (resource: string) => (has.get(resource) ?? 0) < (had.get(resource) ?? 0);
  return [...podRequests(pod).keys()].some(fell);
}

export const nodeResourcesFit = definePlugin({
  name: "NodeResourcesFit",
  points: [...filterAndScore, "placementScore"],
  reasons: [[V_TOO_MANY_PODS, "Too many pods"]],
  hint: { node: growsFor, pod: frees, deviceClass: standsIn },
});
