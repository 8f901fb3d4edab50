/** DynamicResources: nodes where the pod's claims have their devices, or can get them (`scheduler/devices/`). */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import {
  V_DEVICE,
  V_DEVICE_NO_CLASS,
  V_DEVICE_NONE,
  V_DEVICE_POOLS,
  V_DEVICE_STALE,
} from "#gen/scheduler-abi.ts";
import { deviceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";
import { isExtendedClaimOf } from "#scheduler/devices/extended-resources.ts";
import { type ClaimChange, definePlugin } from "./plugin.ts";

/** Devices freed are for everybody; what else becomes of a claim is for those who use it. */
function claimHelps(pod: Pod, { before, now }: ClaimChange): boolean {
  if (before?.status?.allocation !== undefined && now?.status?.allocation === undefined)
    return true;
  // What an attempt before left behind.
  if (now === undefined && before !== undefined && isExtendedClaimOf(pod, before)) return true;
  if (now === undefined || now.metadata.namespace !== pod.metadata.namespace) return false;
  if (!deviceClaimNamesOf(pod).includes(now.metadata.name)) return false;
  return before === undefined || !deepEqual(before.status, now.status);
}

export const dynamicResources = definePlugin({
  name: "DynamicResources",
  points: ["preEnqueue", "preFilter", "filter", "postFilter", "score", "reserve", "preBind"],
  reasons: [
    [V_DEVICE, "resourceclaim not available on the node"],
    [V_DEVICE_NONE, "cannot allocate all claims"],
    [V_DEVICE_POOLS, "invalid resource pools were encountered"],
    [V_DEVICE_STALE, "cannot schedule extended resource claim"],
    [V_DEVICE_NO_CLASS, "cannot fit resource"],
  ],
  hint: { node: () => true, claim: claimHelps, deviceClass: () => true, others: ["devices"] },
});
