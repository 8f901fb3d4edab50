/** Defaults of a Pod that a pod template does not get. */
import type { Container, Pod } from "#gen/api/core/v1.ts";
import { defaultPodSpec, defaultPodStatus } from "./defaults.ts";

export function defaultPod(pod: Pod): void {
  const { spec } = pod;
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  defaultPodSpec(spec);
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  for (const container of containers) requestLimits(container);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) for (const container of containers) openHostPorts(container);
  if (pod.status !== undefined) defaultPodStatus(pod.status);
  pairAddresses(pod);
}

/** The address of old and the list of them say the same; the first counts where they do not. */
function pairAddresses({ status }: Pod): void {
  if (status === undefined) return;
  const { podIP = "", podIPs: [first] = [] } = status;
  if (podIP !== "" && first?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (podIP === "" && first !== undefined) status.podIP = first.ip;
}

/** What is limited and not asked for is asked for. */
function requestLimits({ resources }: Container): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

/** On the host's network a container's port is the host's. */
function openHostPorts({ ports }: Container): void {
  for (const port of ports ?? []) port.hostPort ||= port.containerPort;
}
