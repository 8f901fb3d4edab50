import type { Pod } from "#gen/api/core/v1.ts";
import type { Filter } from "./cluster.ts";

function hostPorts(pod: Pod) {
  const sidecars = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always");
  return [...sidecars, ...pod.spec.containers].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({
        ip: port.hostIP || "0.0.0.0",
        protocol: port.protocol ?? "TCP",
        port: port.hostPort,
      })),
  );
}

export const nodePorts: Filter = (pod, { pods }) => {
  const taken = pods.flatMap(hostPorts);
  const conflict = hostPorts(pod).some((want) =>
    taken.some(
      (has) =>
        has.port === want.port &&
        has.protocol === want.protocol &&
        (has.ip === want.ip || has.ip === "0.0.0.0" || want.ip === "0.0.0.0"),
    ),
  );
  return conflict
    ? {
        reasons: ["node(s) didn't have free ports for the requested pod ports"],
        unresolvable: false,
      }
    : undefined;
};
