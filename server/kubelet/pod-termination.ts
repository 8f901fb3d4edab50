/** Ends what runs of a pod: main containers together, then sidecars in reverse, then the sandbox. */

import { sleep } from "#client/clock.ts";
import type { Container, EphemeralContainer, Pod } from "#gen/api/core/v1.ts";
import type { ContainerDetails } from "./cri/runtime.ts";
import { runHandler } from "./lifecycle-handler.ts";
import { containerPath, type NodeContext } from "./node-context.ts";
import { isSidecar, type PodRuntime } from "./pod-runtime.ts";

/** Upstream gives a container this long even when its preStop hook used up the grace period. */
const graceSecondsMin = 2;

function specOf(pod: Pod, name: string): Container | EphemeralContainer | undefined {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  return [...containers, ...initContainers, ...ephemeralContainers].find(
    (one) => one.name === name,
  );
}

/** preStop within the grace, then the stop signal, then SIGKILL when the grace is over. */
export async function killContainer(
  node: NodeContext,
  pod: Pod,
  container: ContainerDetails,
  { message, graceSeconds }: { readonly message: string; readonly graceSeconds: number },
): Promise<void> {
  const spec = specOf(pod, container.name);
  node.event(pod, containerPath(pod, container.name), "Normal", "Killing", message);
  const begun = node.clock.now().getTime();
  const preStop = spec?.lifecycle?.preStop;
  if (preStop !== undefined && spec !== undefined && graceSeconds > 0) {
    const podIp = pod.status.podIP ?? "";
    const target = { container: spec, containerId: container.id, podIp };
    const hook = runHandler(node, preStop, target, graceSeconds).catch((error: unknown) => {
      const path = containerPath(pod, container.name);
      node.event(pod, path, "Warning", "FailedPreStopHook", `PreStopHook failed: ${error}`);
    });
    await Promise.race([hook, sleep(node.clock, graceSeconds * 1000, node.signal)]);
  }
  const spent = Math.round((node.clock.now().getTime() - begun) / 1000);
  const rest =
    preStop === undefined ? graceSeconds : Math.max(graceSeconds - spent, graceSecondsMin);
  await node.runtime.stopContainer(container.id, rest);
}

/** Resolves when nothing of the pod runs any more. Idempotent: a second one shortens the grace of the first. */
export async function killPod(
  node: NodeContext,
  pod: Pod,
  runtime: PodRuntime,
  graceSeconds: number,
): Promise<void> {
  const begun = node.clock.now().getTime();
  const running = runtime.containers.filter(({ state }) => state === "running");
  const sidecarNames = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const message = (name: string): string => `Stopping container ${name}`;
  const main = running.filter(({ name }) => !sidecarNames.includes(name));
  await Promise.all(
    main.map((container) =>
      killContainer(node, pod, container, { message: message(container.name), graceSeconds }),
    ),
  );
  for (const name of sidecarNames.toReversed()) {
    const container = running.find((one) => one.name === name);
    if (container === undefined) continue;
    const spent = Math.round((node.clock.now().getTime() - begun) / 1000);
    const rest = Math.max(graceSeconds - spent, 1);
    await killContainer(node, pod, container, { message: message(name), graceSeconds: rest });
  }
  for (const { id } of runtime.sandboxes) await node.runtime.stopPodSandbox(id);
}
