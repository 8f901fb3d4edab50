/** The ports of its node that a pod takes. */
import type { PodSpec } from "#gen/api/core/v1.ts";

interface HostPort {
  readonly protocol: string;
  readonly port: number;
  readonly ip: string;
}

/** Of containers and sidecars. */
export function hostPorts(spec: PodSpec): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always");
  return [...sidecars, ...spec.containers].flatMap((container) =>
    (container.ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ protocol, hostPort, hostIP }) => ({
        protocol: protocol ?? "TCP",
        port: hostPort ?? 0,
        ip: hostIP ? hostIP : "0.0.0.0",
      })),
  );
}
