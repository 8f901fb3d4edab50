/** DefaultPreemption: room is made for what matters more; its words for nodes where that is not possible. */
import { V_NO_VICTIMS, V_NOT_HELPFUL } from "#gen/scheduler-abi.ts";
import { definePlugin } from "./plugin.ts";

export const defaultPreemption = definePlugin({
  name: "DefaultPreemption",
  points: ["preEnqueue", "postFilter", "podGroupPostFilter"],
  reasons: [
    [V_NO_VICTIMS, "No preemption victims found for incoming pod"],
    [V_NOT_HELPFUL, "Preemption is not helpful for scheduling"],
  ],
});
