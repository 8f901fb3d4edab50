/** TaintToleration: hard taints refuse, soft ones cost score. */
import { V_TAINT } from "#gen/scheduler-abi.ts";
import { tolerates } from "#scheduler/node-filter.ts";
import { comesTrue, definePlugin } from "./plugin.ts";

export const taintToleration = definePlugin({
  name: "TaintToleration",
  points: ["filter", "preScore", "score"],
  reasons: [[V_TAINT, "node(s) had untolerated taint(s)"]],
  hint: {
    node: ({ spec: { tolerations = [] } }, change) =>
      comesTrue(change, ({ taints }) =>
        taints.every(
          (taint) => taint.effect === "PreferNoSchedule" || tolerates(tolerations, taint),
        ),
      ),
  },
});
