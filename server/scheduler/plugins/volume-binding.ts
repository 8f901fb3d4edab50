/** VolumeBinding: bound volumes can be reached from the node, unbound claims find or get one there. */
import { V_VOLUME_GONE, V_VOLUME_NODE, V_VOLUME_NONE, V_VOLUME_SPACE } from "#gen/scheduler-abi.ts";
import { definePlugin, filterAndScore } from "./plugin.ts";

export const volumeBinding = definePlugin({
  name: "VolumeBinding",
  points: [...filterAndScore, "reserve", "preBind"],
  reasons: [
    [V_VOLUME_NODE, "node(s) didn't match PersistentVolume's node affinity"],
    [V_VOLUME_NONE, "node(s) didn't find available persistent volumes to bind"],
    [V_VOLUME_SPACE, "node(s) did not have enough free storage"],
    [V_VOLUME_GONE, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"],
  ],
  hint: { node: () => true, others: ["storage"] },
});
