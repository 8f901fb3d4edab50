/** Starts one container: image, environment, files, create, start, postStart. Throws StartFailure. */

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "#apimachinery/error-message.ts";
import type { Container, EphemeralContainer, Pod } from "#gen/api/core/v1.ts";
import { containerConfig, type Mount, subPath, volumeMount } from "./container-config.ts";
import type { PodSandboxConfig } from "./cri/runtime.ts";
import { ConfigError } from "./downward.ts";
import { containerEnv, envSources } from "./env.ts";
import { type PulledImage, StartFailure } from "./image-pull.ts";
import { runHandler } from "./lifecycle-handler.ts";
import { containerPath, type NodeContext } from "./node-context.ts";
import { podPaths, terminationLogPath } from "./pod-paths.ts";
import { containersNamed, type PodRuntime } from "./pod-runtime.ts";
import { registryAuths } from "./registry-auth.ts";
import { serviceEnv } from "./service-env.ts";
import { type HostVolumes, subPathOnHost } from "./volumes/pod-volumes.ts";

export interface ContainerStart {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly attempt: number;
  readonly sandboxId: string;
  readonly sandbox: PodSandboxConfig;
  readonly podIps: readonly string[];
  readonly volumes: HostVolumes;
  readonly runtime: PodRuntime;
}

/** Upstream tries a failed pod again with its next sync: about this. */
const retryMilliseconds = 5000;

export async function startContainer(node: NodeContext, start: ContainerStart): Promise<string> {
  const pulled = await pullImage(node, start);
  const config = await configure(node, start, pulled).catch((error: unknown) => {
    throw failure(node, start, "CreateContainerConfigError", error);
  });
  const id = await node.runtime
    .createContainer(start.sandboxId, config, start.sandbox)
    .catch((error: unknown) => {
      throw failure(node, start, "CreateContainerError", error);
    });
  tell(node, start, "Normal", "Created", `Container created`);
  await node.runtime.startContainer(id).catch((error: unknown) => {
    throw failure(node, start, "RunContainerError", error);
  });
  tell(node, start, "Normal", "Started", `Container started`);
  await postStart(node, start, id);
  return id;
}

function tell(
  node: NodeContext,
  { pod, container }: ContainerStart,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): void {
  node.event(pod, containerPath(pod, container.name), type, reason, message);
}

function failure(
  node: NodeContext,
  start: ContainerStart,
  reason: string,
  error: unknown,
): StartFailure {
  const text = messageOf(error);
  tell(node, start, "Warning", "Failed", `Error: ${text}`);
  return new StartFailure(reason, text, node.clock.now().getTime() + retryMilliseconds);
}

async function pullImage(node: NodeContext, start: ContainerStart): Promise<PulledImage> {
  const { pod, container } = start;
  const request = {
    pod,
    container,
    onEvent: (type: "Normal" | "Warning", reason: string, message: string) =>
      tell(node, start, type, reason, message),
    auth: async () => {
      const names = (pod.spec.imagePullSecrets ?? [])
        .map(({ name }) => name)
        .filter((name) => name !== undefined);
      const wanted = { configMaps: new Set<string>(), secrets: new Set(names) };
      const sources = await node.sources.fetch(pod.metadata.namespace ?? "", wanted);
      const found = names.map((name) => sources.secret(name)).filter((one) => one !== undefined);
      return registryAuths(container.image ?? "", found);
    },
  };
  return node.images.ensure(request).catch((error: unknown) => {
    if (error instanceof StartFailure)
      tell(node, start, "Warning", "Failed", `Error: ${error.reason}`);
    throw error;
  });
}

async function configure(node: NodeContext, start: ContainerStart, pulled: PulledImage) {
  const { pod, container, attempt, podIps } = start;
  const { namespace = "" } = pod.metadata;
  const sources = await node.sources.fetch(namespace, envSources(container));
  const links = pod.spec.enableServiceLinks !== false;
  const env = containerEnv({
    pod,
    container,
    serviceEnv: serviceEnv(node.services(), namespace, links),
    sources,
    facts: node.facts,
    podIps,
  });
  return containerConfig({
    pod,
    container,
    attempt,
    image: pulled.image,
    imageRef: pulled.ref,
    env,
    mounts: node.runtime.real ? await mountsOf(node, start, env) : [],
    memoryBytes: node.memoryBytes,
    seccompDir: `${node.dataDir}/seccomp`,
    targetId: targetOf(start),
  });
}

/** Throws ConfigError when the container that is to be looked at does not run. */
function targetOf({ container, runtime }: ContainerStart): string | undefined {
  const name = "targetContainerName" in container ? (container.targetContainerName ?? "") : "";
  if (name === "") return undefined;
  const target = containersNamed(runtime, name)[0];
  if (target === undefined) throw new ConfigError(`unable to find target container "${name}"`);
  return target.id;
}

async function mountsOf(
  node: NodeContext,
  start: ContainerStart,
  env: ReadonlyMap<string, string>,
): Promise<readonly Mount[]> {
  const { pod, container, attempt, volumes } = start;
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (volume === undefined) throw new ConfigError(`volume "${mount.name}" is not mounted`);
    const inside = subPath(mount, env);
    const hostPath = inside === undefined ? volume.path : await subPathOnHost(volume, inside);
    mounts.push(volumeMount(mount, hostPath, volume.readOnly));
  }
  const taken = new Set(mounts.map(({ containerPath: path }) => path));
  const paths = podPaths(node.dataDir, pod);
  if (!taken.has("/etc/hosts")) {
    mounts.push({ containerPath: "/etc/hosts", hostPath: paths.hosts, readonly: false });
  }
  const message = container.terminationMessagePath ?? "/dev/termination-log";
  if (!taken.has(message)) {
    const file = terminationLogPath(paths.root, container.name, attempt);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "");
    // Any user of the container may leave a last word.
    await chmod(file, 0o666);
    mounts.push({ containerPath: message, hostPath: file, readonly: false });
  }
  return mounts;
}

/** A failing postStart hook kills its container; the restart policy then has its say. */
async function postStart(node: NodeContext, start: ContainerStart, id: string): Promise<void> {
  const { pod, container, podIps } = start;
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return;
  try {
    await runHandler(node, handler, { container, containerId: id, podIp: podIps[0] ?? "" });
  } catch (error) {
    const text = messageOf(error);
    tell(node, start, "Warning", "FailedPostStartHook", `PostStartHook failed: ${text}`);
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    await node.runtime.stopContainer(id, grace);
    const retryAt = node.clock.now().getTime();
    throw new StartFailure("PostStartHookError", text, retryAt);
  }
}
