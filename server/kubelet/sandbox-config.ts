/** The pod's sandbox as CRI takes it. Pure. */

import type { Pod } from "#gen/api/core/v1.ts";
import { Protocol } from "#gen/cri/runtime/v1/api_pb.ts";
import { type PodSandboxConfig, podLabels } from "./cri/runtime.ts";
import { cgroupParent, sandboxResources } from "./linux-resources.ts";
import { type DnsSettings, podDns, podHostname } from "./pod-hosts.ts";
import { sandboxSecurityContext } from "./security-context.ts";

export interface SandboxInput {
  readonly pod: Pod;
  readonly attempt: number;
  readonly logDirectory: string;
  readonly dns: DnsSettings;
  readonly seccompDir: string;
}

const protocols = { TCP: Protocol.TCP, UDP: Protocol.UDP, SCTP: Protocol.SCTP };

export function sandboxConfig(input: SandboxInput): PodSandboxConfig {
  const { pod, attempt } = input;
  const { name, namespace = "", uid = "" } = pod.metadata;
  const dns = podDns(pod, input.dns);
  const ports = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(
    (container) => container.ports ?? [],
  );
  return {
    metadata: { name, namespace, uid, attempt },
    // A host-network sandbox has no host name of its own: runc refuses to set one.
    hostname: pod.spec.hostNetwork === true ? "" : podHostname(pod),
    logDirectory: input.logDirectory,
    dnsConfig: {
      servers: [...dns.servers],
      searches: [...dns.searches],
      options: [...dns.options],
    },
    portMappings: ports
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map((port) => ({
        protocol: protocols[port.protocol ?? "TCP"],
        containerPort: port.containerPort,
        hostPort: port.hostPort ?? 0,
        hostIp: port.hostIP ?? "",
      })),
    labels: {
      ...pod.metadata.labels,
      [podLabels.name]: name,
      [podLabels.namespace]: namespace,
      [podLabels.uid]: uid,
    },
    annotations: { ...pod.metadata.annotations },
    linux: {
      cgroupParent: cgroupParent(pod),
      securityContext: sandboxSecurityContext(pod, input.seccompDir),
      sysctls: Object.fromEntries(
        (pod.spec.securityContext?.sysctls ?? []).map((sysctl) => [sysctl.name, sysctl.value]),
      ),
      resources: sandboxResources(),
    },
  };
}
