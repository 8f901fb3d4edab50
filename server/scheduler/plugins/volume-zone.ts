/** VolumeZone: bound volumes labelled with a zone or region go with nodes of it. */
import { V_VOLUME_ZONE } from "#gen/scheduler-abi.ts";
import { definePlugin } from "./plugin.ts";

export const volumeZone = definePlugin({
  name: "VolumeZone",
  points: ["preFilter", "filter"],
  reasons: [[V_VOLUME_ZONE, "node(s) had no available volume zone"]],
  hint: { node: () => true, others: ["storage"] },
});
