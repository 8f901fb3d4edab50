/** NodeAffinity: the pod's selector and affinity, and what the profile adds. */
import { V_ADDED_AFFINITY, V_NODE_AFFINITY } from "#gen/scheduler-abi.ts";
import { matchesNode } from "#scheduler/node-match.ts";
import { comesTrue, definePlugin, filterAndScore } from "./plugin.ts";

export const nodeAffinity = definePlugin({
  name: "NodeAffinity",
  points: filterAndScore,
  reasons: [
    [V_NODE_AFFINITY, "node(s) didn't match Pod's node affinity/selector"],
    [V_ADDED_AFFINITY, "node(s) didn't match scheduler-enforced node affinity"],
  ],
  hint: { node: (pod, change) => comesTrue(change, (node) => matchesNode(pod.spec, node)) },
});
