/** One container as CRI takes it. Pure; its files are prepared by the volumes. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Container, EphemeralContainer, Pod, VolumeMount } from "#gen/api/core/v1.ts";
import { MountPropagation, type MountSchema, Signal } from "#gen/cri/runtime/v1/api_pb.ts";
import { type ContainerConfig, podLabels, type RuntimeImage } from "./cri/runtime.ts";
import { ConfigError } from "./downward.ts";
import { expand } from "./env.ts";
import { containerResources } from "./linux-resources.ts";
import { containerLogName } from "./pod-paths.ts";
import { isSidecar } from "./pod-runtime.ts";
import { containerSecurityContext } from "./security-context.ts";
import { imageAnnotation } from "./sync-pod.ts";

export type Mount = MessageInitShape<typeof MountSchema>;

export interface ContainerInput {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly attempt: number;
  readonly image: RuntimeImage;
  /** As pullImage or imageStatus resolved it. */
  readonly imageRef: string;
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly memoryBytes: number;
  readonly seccompDir: string;
  /** Of the container whose processes an ephemeral one is to see. */
  readonly targetId: string | undefined;
}

/** `init`, `sidecar` or `main`: for runtimes that simulate, and for people who read the runtime's list. */
export const roleAnnotation = "io.kubun.container.role";
export const terminationAnnotation = "io.kubernetes.container.terminationMessagePath";
export const terminationPolicyAnnotation = "io.kubernetes.container.terminationMessagePolicy";

const propagations = {
  None: MountPropagation.PROPAGATION_PRIVATE,
  HostToContainer: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  Bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
};

/** A volume mount on the host's directory for it (already with its sub path). */
export function volumeMount(mount: VolumeMount, hostPath: string, readOnly: boolean): Mount {
  return {
    containerPath: mount.mountPath,
    hostPath,
    readonly: readOnly || mount.readOnly === true,
    propagation: propagations[mount.mountPropagation ?? "None"],
  };
}

/** The sub path inside a volume; undefined: the volume itself. Refuses to leave it by its words. */
export function subPath(mount: VolumeMount, env: ReadonlyMap<string, string>): string | undefined {
  const path =
    mount.subPathExpr !== undefined && mount.subPathExpr !== ""
      ? expand(mount.subPathExpr, env)
      : mount.subPath;
  if (path === undefined || path === "") return undefined;
  if (path.startsWith("/") || path.split("/").includes("..")) {
    throw new ConfigError(`failed to prepare subPath for volumeMount "${mount.name}" of container`);
  }
  return path;
}

const encoder = new TextEncoder();

/** The number of a signal by its Kubernetes name (`SIGUSR1`); 0: the runtime's default. */
function stopSignal(container: Container | EphemeralContainer): Signal {
  const name = container.lifecycle?.stopSignal;
  if (name === undefined) return Signal.RUNTIME_DEFAULT;
  const key = name.replace("+", "PLUS").replace("-", "MINUS");
  const found = Object.entries(Signal).find(([word]) => word === key)?.[1];
  return typeof found === "number" ? found : Signal.RUNTIME_DEFAULT;
}

function roleOf(pod: Pod, name: string): string {
  const init = (pod.spec.initContainers ?? []).find((container) => container.name === name);
  if (init === undefined) return "main";
  return isSidecar(init) ? "sidecar" : "init";
}

export function containerConfig(input: ContainerInput): ContainerConfig {
  const { pod, container, attempt, env } = input;
  const { name, namespace = "", uid = "" } = pod.metadata;
  const image = container.image ?? "";
  return {
    metadata: { name: container.name, attempt },
    image: { image: input.imageRef, userSpecifiedImage: image },
    command: (container.command ?? []).map((word) => expand(word, env)),
    args: (container.args ?? []).map((word) => expand(word, env)),
    workingDir: container.workingDir ?? "",
    envs: [...env].map(([key, value]) => ({ key, value: encoder.encode(value) })),
    mounts: [...input.mounts],
    labels: {
      [podLabels.name]: name,
      [podLabels.namespace]: namespace,
      [podLabels.uid]: uid,
      [podLabels.container]: container.name,
    },
    annotations: {
      [imageAnnotation]: image,
      [roleAnnotation]: roleOf(pod, container.name),
      [terminationAnnotation]: container.terminationMessagePath ?? "/dev/termination-log",
      [terminationPolicyAnnotation]: container.terminationMessagePolicy ?? "File",
    },
    logPath: containerLogName(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    stopSignal: stopSignal(container),
    linux: {
      resources: containerResources(pod, container.resources, input.memoryBytes),
      securityContext: containerSecurityContext(pod, container, input),
    },
  };
}
