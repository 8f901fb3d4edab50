/** What runs of one pod, as pure code sees it. */
import type { Container, Pod } from "#gen/api/core/v1.ts";
import type { ContainerDetails, Sandbox } from "./cri/runtime.ts";

export interface PodSandboxState extends Sandbox {
  readonly ips: readonly string[];
}

/** Both lists newest first. */
export interface PodRuntime {
  readonly sandboxes: readonly PodSandboxState[];
  readonly containers: readonly ContainerDetails[];
}

/** The newest containers of a name, newest first: the current one and those before it. */
export function containersNamed(runtime: PodRuntime, name: string): readonly ContainerDetails[] {
  return runtime.containers.filter((container) => container.name === name);
}

export function newestSandbox(runtime: PodRuntime): PodSandboxState | undefined {
  return runtime.sandboxes[0];
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** Init containers that must end before the next starts. */
export function regularInitContainers(pod: Pod): readonly Container[] {
  return (pod.spec.initContainers ?? []).filter((container) => !isSidecar(container));
}

export function sidecars(pod: Pod): readonly Container[] {
  return (pod.spec.initContainers ?? []).filter(isSidecar);
}

/** True once any main container was ever created: from then on init containers are not run again. */
export function hasInitialized(pod: Pod, runtime: PodRuntime): boolean {
  return pod.spec.containers.some(
    (container) => containersNamed(runtime, container.name).length > 0,
  );
}
