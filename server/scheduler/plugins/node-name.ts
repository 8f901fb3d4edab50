/** NodeName: `spec.nodeName`, where the pod has one. */
import { V_NODE_NAME } from "#gen/scheduler-abi.ts";
import { definePlugin } from "./plugin.ts";

export const nodeName = definePlugin({
  name: "NodeName",
  points: ["filter"],
  reasons: [[V_NODE_NAME, "node(s) didn't match the requested node name"]],
  hint: { node: (pod, { before, now }) => before === undefined && now.name === pod.spec.nodeName },
});
