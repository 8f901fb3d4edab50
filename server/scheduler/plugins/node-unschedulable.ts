/** NodeUnschedulable: `spec.unschedulable`, unless the pod tolerates its taint. */
import { V_UNSCHEDULABLE } from "#gen/scheduler-abi.ts";
import { tolerates } from "#scheduler/node-filter.ts";
import { comesTrue, definePlugin } from "./plugin.ts";

export const unschedulableTaint = {
  key: "node.kubernetes.io/unschedulable",
  effect: "NoSchedule",
} as const;

export const nodeUnschedulable = definePlugin({
  name: "NodeUnschedulable",
  points: ["filter"],
  reasons: [[V_UNSCHEDULABLE, "node(s) were unschedulable"]],
  hint: {
    node: ({ spec: { tolerations = [] } }, change) =>
      comesTrue(
        change,
        ({ unschedulable }) => !unschedulable || tolerates(tolerations, unschedulableTaint),
      ),
  },
});
