/** DynamicResources: nodes where the pod's claims have their devices, or can get them (`scheduler/devices/`). */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { V_DEVICE, V_DEVICE_NONE, V_DEVICE_POOLS } from "#gen/scheduler-abi.ts";
import { resourceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";
import { type ClaimChange, definePlugin } from "./plugin.ts";

/** Devices freed are for everybody; what else becomes of a claim is for those who use it. */
function claimHelps(pod: Pod, { before, now }: ClaimChange): boolean {
  if (before?.status?.allocation !== undefined && now?.status?.allocation === undefined)
    return true;
  if (now === undefined || now.metadata.namespace !== pod.metadata.namespace) return false;
  if (!resourceClaimNamesOf(pod).includes(now.metadata.name)) return false;
  return before === undefined || !deepEqual(before.status, now.status);
}

export const dynamicResources = definePlugin({
  name: "DynamicResources",
  points: ["preEnqueue", "preFilter", "filter", "postFilter", "score", "reserve", "preBind"],
  reasons: [
    [V_DEVICE, "resourceclaim not available on the node"],
    [V_DEVICE_NONE, "cannot allocate all claims"],
    [V_DEVICE_POOLS, "invalid resource pools were encountered"],
  ],
  hint: { node: () => true, claim: claimHelps, others: ["devices"] },
});
