/** NodePorts: no two pods of a node take one host port. */
import type { Pod } from "#gen/api/core/v1.ts";
import { V_PORTS } from "#gen/scheduler-abi.ts";
import { hostPorts } from "#scheduler/host-ports.ts";
import { definePlugin, isNew, type PodChange } from "./plugin.ts";

function freesPort(pod: Pod, { before, now }: PodChange): boolean {
  if (before === undefined || now !== undefined) return false;
  const freed = hostPorts(before.spec);
  return hostPorts(pod.spec).some(({ protocol, port }) =>
    freed.some((other) => other.protocol === protocol && other.port === port),
  );
}

export const nodePorts = definePlugin({
  name: "NodePorts",
  points: ["preFilter", "filter"],
  reasons: [[V_PORTS, "node(s) didn't have free ports for the requested pod ports"]],
  hint: { node: isNew, pod: freesPort },
});
