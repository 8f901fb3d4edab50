/**
 * The port to a container runtime: the calls of CRI v1 that the agent needs, with states as words and
 * instants in milliseconds. `containerd.ts` speaks it over gRPC, `simulated/` in memory.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Pod } from "#gen/api/core/v1.ts";
import type {
  AuthConfigSchema,
  ContainerConfigSchema,
  LinuxContainerResourcesSchema,
  PodSandboxConfigSchema,
} from "#gen/cri/runtime/v1/api_pb.ts";
import type { Side } from "#streaming/relay.ts";

export type PodSandboxConfig = MessageInitShape<typeof PodSandboxConfigSchema>;
export type ContainerConfig = MessageInitShape<typeof ContainerConfigSchema>;
export type LinuxContainerResources = MessageInitShape<typeof LinuxContainerResourcesSchema>;
export type RegistryAuth = MessageInitShape<typeof AuthConfigSchema>;

/** Labels by which a restarted agent, and every CRI tool, finds what belongs to which pod. */
export const podLabels = {
  name: "io.kubernetes.pod.name",
  namespace: "io.kubernetes.pod.namespace",
  uid: "io.kubernetes.pod.uid",
  container: "io.kubernetes.container.name",
} as const;

export interface Sandbox {
  readonly id: string;
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAt: number;
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

export interface ContainerSummary {
  readonly id: string;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: ContainerState;
  readonly createdAt: number;
  /** What its image resolved to: a repo digest, or an image id. */
  readonly imageRef: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** `startedAt` and `finishedAt` are 0 until they happened. */
export interface ContainerDetails extends ContainerSummary {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** As the pod named it. */
  readonly image: string;
  readonly logPath: string;
}

export interface RuntimeImage {
  readonly id: string;
  /** repoDigests, then repoTags. */
  readonly names: readonly string[];
  readonly sizeBytes: number;
  /** The numeric user of the image's config; undefined when it names none or names it by word. */
  readonly uid: number | undefined;
  readonly username: string;
  /** Stays, used or not: the sandboxes' own, or somebody else's. */
  readonly pinned: boolean;
}

export interface RuntimeCondition {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface ContainerUsage {
  readonly podUid: string;
  readonly name: string;
  /** When it was looked at; milliseconds. */
  readonly time: number;
  readonly startedAt: number;
  readonly cpuNanoseconds: number;
  readonly cpuNanoCores: number;
  /** The working set. */
  readonly memoryBytes: number;
  /** Of the writable layer. */
  readonly diskBytes: number;
}

export interface AttachRequest {
  readonly containerId: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export type StreamRequest =
  | ({ readonly do: "exec"; readonly command: readonly string[] } & AttachRequest)
  | ({ readonly do: "attach" } & AttachRequest)
  | { readonly do: "portforward"; readonly sandboxId: string; readonly ports: readonly number[] };

/** Where a request's streams are: at a URL of the runtime's own, or answered here. */
export type StreamSource =
  | { readonly url: URL }
  | { readonly answer: (side: Side) => void; readonly protocol: string };

/** A call failed: `code` is the gRPC status code (4 deadline, 5 not found, 6 exists ...). */
export class RuntimeError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "RuntimeError";
    this.code = code;
  }
}

/** Every call throws RuntimeError on a refusal by the runtime. */
export interface CriRuntime {
  /** `containerd://1.6.20`, as nodeInfo.containerRuntimeVersion. */
  readonly version: string;
  /** Whether pods take disk (volumes, log files, hosts files) on this machine; false when simulated. */
  readonly real: boolean;
  /** The node's share of the pod network, once the control plane has given it one. */
  configureNetwork(podCidr: string): Promise<void>;
  status(): Promise<{ runtime: RuntimeCondition; network: RuntimeCondition }>;
  runPodSandbox(config: PodSandboxConfig): Promise<string>;
  /** Idempotent. */
  stopPodSandbox(id: string): Promise<void>;
  /** Idempotent; removes its containers too. */
  removePodSandbox(id: string): Promise<void>;
  podSandboxIps(id: string): Promise<readonly string[]>;
  listPodSandboxes(podUid?: string): Promise<readonly Sandbox[]>;
  createContainer(
    sandboxId: string,
    config: ContainerConfig,
    sandbox: PodSandboxConfig,
  ): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** SIGTERM (or the stop signal), then SIGKILL after the timeout; resolves when it is gone. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  listContainers(podUid?: string): Promise<readonly ContainerSummary[]>;
  containerDetails(container: ContainerSummary): Promise<ContainerDetails | undefined>;
  updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void>;
  execSync(id: string, command: readonly string[], timeoutSeconds: number): Promise<ExecResult>;
  /** Of what runs now. */
  usage(): Promise<readonly ContainerUsage[]>;
  /** Where to go on for the streams; whoever asks there speaks SPDY/3.1 or WebSocket. */
  stream(request: StreamRequest): Promise<StreamSource>;
  reopenContainerLog(id: string): Promise<void>;
  imageStatus(image: string): Promise<RuntimeImage | undefined>;
  listImages(): Promise<readonly RuntimeImage[]>;
  /** The reference to hand to createContainer. */
  pullImage(image: string, auth?: RegistryAuth): Promise<string>;
  removeImage(image: string): Promise<void>;
  /** Hints: something about this pod (or, without a uid, about some pod) changed. May be lost or doubled. */
  onChange(listener: (podUid: string | undefined) => void): () => void;
  /** The log of a container without files; undefined for runtimes that write files. */
  readLog?(containerId: string): readonly string[];
  /** For runtimes that forget at a restart: takes what the API says of a pod for what runs. */
  adopt?(pod: Pod): void;
  close(): void;
}
