/** NodeVolumeLimits: no more volumes of a CSI driver than its node takes. */
import { V_VOLUME_LIMIT } from "#gen/scheduler-abi.ts";
import { definePlugin, isNew } from "./plugin.ts";

export const nodeVolumeLimits = definePlugin({
  name: "NodeVolumeLimits",
  points: ["preFilter", "filter"],
  reasons: [[V_VOLUME_LIMIT, "node(s) exceed max volume count"]],
  hint: { node: isNew, pod: (_, { now }) => now === undefined, others: ["storage"] },
});
