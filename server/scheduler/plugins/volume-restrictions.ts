/** VolumeRestrictions: disks that no second pod of a node may use, claims that no second pod of the cluster may. */
import { V_DISK, V_EXCLUSIVE } from "#gen/scheduler-abi.ts";
import { definePlugin, isNew } from "./plugin.ts";

export const volumeRestrictions = definePlugin({
  name: "VolumeRestrictions",
  points: ["preFilter", "filter"],
  reasons: [
    [V_DISK, "node(s) had no available disk"],
    [
      V_EXCLUSIVE,
      "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
    ],
  ],
  hint: { node: isNew, pod: (_, { now }) => now === undefined, others: ["storage"] },
});
