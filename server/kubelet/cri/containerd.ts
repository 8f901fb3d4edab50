/** The port over CRI v1: containerd, and what else speaks it. Sandboxes of other owners are never seen. */
import { type Clock, sleep } from "#client/clock.ts";
import {
  type Container,
  type ContainerStatus,
  ContainerState as CriContainerState,
  type Image,
  ImageService,
  PodSandboxState,
  RuntimeService,
} from "#gen/cri/runtime/v1/api_pb.ts";
import type { Logger } from "#telemetry/log.ts";
import type { GrpcConnection } from "./connection.ts";
import {
  type ContainerConfig,
  type ContainerDetails,
  type ContainerState,
  type ContainerSummary,
  type ContainerUsage,
  type CriRuntime,
  type ExecResult,
  type LinuxContainerResources,
  type PodSandboxConfig,
  podLabels,
  type RegistryAuth,
  type RuntimeCondition,
  RuntimeError,
  type RuntimeImage,
  type Sandbox,
  type StreamRequest,
  type StreamSource,
} from "./runtime.ts";
import { terminationMessage } from "./termination-message.ts";

/** Upstream's runtime request timeout. */
const callMilliseconds = 120_000;
const sandboxMilliseconds = 240_000;
const pullMilliseconds = 15 * 60_000;
const resubscribeMilliseconds = 1000;
const notFound = 5;
/** Whose sandbox it is: several agents, of several clusters, may share one containerd. */
const ownerLabel = "io.kubun.agent";

export interface ContainerdOptions {
  readonly connection: GrpcConnection;
  /** `containerd://1.6.20` */
  readonly version: string;
  readonly owner: string;
  readonly sandboxImage: string;
  /** Others use it too, and its images are theirs as well. */
  readonly shared: boolean;
  readonly clock: Clock;
  /** Starts it again when it is gone; undefined: it is somebody else's to mend. */
  readonly revive?: (() => Promise<void>) | undefined;
  readonly logger: Logger;
  /** Writes the CNI configuration for the node's share of the pod network. */
  readonly writeNetwork: (podCidr: string) => Promise<void>;
}

const states: ReadonlyMap<CriContainerState, ContainerState> = new Map([
  [CriContainerState.CONTAINER_CREATED, "created"],
  [CriContainerState.CONTAINER_RUNNING, "running"],
  [CriContainerState.CONTAINER_EXITED, "exited"],
]);

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);

export class ContainerdRuntime implements CriRuntime {
  readonly real = true;
  readonly #options: ContainerdOptions;
  readonly #listeners = new Set<(podUid: string | undefined) => void>();
  readonly #closing = new AbortController();

  constructor(options: ContainerdOptions) {
    this.#options = options;
    void this.#subscribe();
  }

  get version(): string {
    return this.#options.version;
  }

  get #cri(): GrpcConnection {
    return this.#options.connection;
  }

  configureNetwork(podCidr: string): Promise<void> {
    return this.#options.writeNetwork(podCidr);
  }

  async status() {
    const { status } = await this.#cri.call(RuntimeService.method.status, {}, callMilliseconds);
    const find = (type: string): RuntimeCondition => {
      const found = status?.conditions.find((condition) => condition.type === type);
      const { status: ready = false, reason = "", message = "" } = found ?? {};
      return { ready, reason, message };
    };
    return { runtime: find("RuntimeReady"), network: find("NetworkReady") };
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const labels = { ...config.labels, [ownerLabel]: this.#options.owner };
    const request = { config: { ...config, labels } };
    const method = RuntimeService.method.runPodSandbox;
    return (await this.#cri.call(method, request, sandboxMilliseconds)).podSandboxId;
  }

  async stopPodSandbox(podSandboxId: string): Promise<void> {
    const method = RuntimeService.method.stopPodSandbox;
    await ignoreNotFound(this.#cri.call(method, { podSandboxId }, callMilliseconds));
  }

  async removePodSandbox(podSandboxId: string): Promise<void> {
    await this.stopPodSandbox(podSandboxId);
    const method = RuntimeService.method.removePodSandbox;
    await ignoreNotFound(this.#cri.call(method, { podSandboxId }, callMilliseconds));
  }

  async podSandboxIps(podSandboxId: string): Promise<readonly string[]> {
    const method = RuntimeService.method.podSandboxStatus;
    const answer = await this.#cri.call(method, { podSandboxId }, callMilliseconds);
    const { ip = "", additionalIps = [] } = answer.status?.network ?? {};
    return [ip, ...additionalIps.map((additional) => additional.ip)].filter((one) => one !== "");
  }

  #selector(podUid: string | undefined): Record<string, string> {
    const owner = { [ownerLabel]: this.#options.owner };
    return podUid === undefined ? owner : { ...owner, [podLabels.uid]: podUid };
  }

  async listPodSandboxes(podUid?: string): Promise<readonly Sandbox[]> {
    const method = RuntimeService.method.listPodSandbox;
    const filter = { labelSelector: this.#selector(podUid) };
    const { items } = await this.#cri.call(method, { filter }, callMilliseconds);
    return items.map(({ id, metadata, state, createdAt }) => ({
      id,
      podUid: metadata?.uid ?? "",
      podName: metadata?.name ?? "",
      podNamespace: metadata?.namespace ?? "",
      attempt: metadata?.attempt ?? 0,
      ready: state === PodSandboxState.SANDBOX_READY,
      createdAt: milliseconds(createdAt),
    }));
  }

  async createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    sandboxConfig: PodSandboxConfig,
  ): Promise<string> {
    const labels = { ...config.labels, [ownerLabel]: this.#options.owner };
    const request = { podSandboxId, config: { ...config, labels }, sandboxConfig };
    const method = RuntimeService.method.createContainer;
    return (await this.#cri.call(method, request, callMilliseconds)).containerId;
  }

  async startContainer(containerId: string): Promise<void> {
    const method = RuntimeService.method.startContainer;
    await this.#cri.call(method, { containerId }, callMilliseconds);
  }

  async stopContainer(containerId: string, timeoutSeconds: number): Promise<void> {
    const request = { containerId, timeout: BigInt(timeoutSeconds) };
    const limit = timeoutSeconds * 1000 + callMilliseconds;
    const method = RuntimeService.method.stopContainer;
    await ignoreNotFound(this.#cri.call(method, request, limit));
  }

  async removeContainer(containerId: string): Promise<void> {
    const method = RuntimeService.method.removeContainer;
    await ignoreNotFound(this.#cri.call(method, { containerId }, callMilliseconds));
  }

  async listContainers(podUid?: string): Promise<readonly ContainerSummary[]> {
    const method = RuntimeService.method.listContainers;
    const filter = { labelSelector: this.#selector(podUid) };
    const { containers } = await this.#cri.call(method, { filter }, callMilliseconds);
    return containers.map(summaryOf);
  }

  async containerDetails(summary: ContainerSummary): Promise<ContainerDetails | undefined> {
    const containerId = summary.id;
    const method = RuntimeService.method.containerStatus;
    const { status } = await this.#cri
      .call(method, { containerId }, callMilliseconds)
      .catch((error: unknown) => {
        if (error instanceof RuntimeError && error.code === notFound) return { status: undefined };
        throw error;
      });
    return status === undefined ? undefined : detailsOf(status, summary);
  }

  async updateContainerResources(
    containerId: string,
    linux: LinuxContainerResources,
  ): Promise<void> {
    const method = RuntimeService.method.updateContainerResources;
    await this.#cri.call(method, { containerId, linux }, callMilliseconds);
  }

  async execSync(
    containerId: string,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<ExecResult> {
    const request = { containerId, cmd: [...command], timeout: BigInt(timeoutSeconds) };
    const limit = timeoutSeconds === 0 ? callMilliseconds : timeoutSeconds * 1000 + 10_000;
    const answer = await this.#cri.call(RuntimeService.method.execSync, request, limit);
    const decoder = new TextDecoder();
    const { stdout, stderr, exitCode } = answer;
    return { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), exitCode };
  }

  async usage(): Promise<readonly ContainerUsage[]> {
    const filter = { labelSelector: this.#selector(undefined) };
    const method = RuntimeService.method.listContainerStats;
    const [{ stats }, containers] = await Promise.all([
      this.#cri.call(method, { filter }, callMilliseconds),
      this.listContainers(),
    ]);
    const running = new Map(
      containers.filter(({ state }) => state === "running").map((one) => [one.id, one]),
    );
    return stats.flatMap(({ attributes, cpu, memory, writableLayer }) => {
      const container = running.get(attributes?.id ?? "");
      if (container === undefined) return [];
      return {
        podUid: container.podUid,
        name: container.name,
        time: milliseconds(cpu?.timestamp ?? 0n),
        startedAt: container.createdAt,
        cpuNanoseconds: Number(cpu?.usageCoreNanoSeconds?.value ?? 0n),
        cpuNanoCores: Number(cpu?.usageNanoCores?.value ?? 0n),
        memoryBytes: Number(memory?.workingSetBytes?.value ?? 0n),
        diskBytes: Number(writableLayer?.usedBytes?.value ?? 0n),
      };
    });
  }

  async stream(request: StreamRequest): Promise<StreamSource> {
    const { exec, attach, portForward } = RuntimeService.method;
    const asked =
      request.do === "exec"
        ? this.#cri.call(exec, { ...request, cmd: [...request.command] }, callMilliseconds)
        : request.do === "attach"
          ? this.#cri.call(attach, request, callMilliseconds)
          : this.#cri.call(
              portForward,
              { podSandboxId: request.sandboxId, port: [...request.ports] },
              callMilliseconds,
            );
    return { url: new URL((await asked).url) };
  }

  async reopenContainerLog(containerId: string): Promise<void> {
    const method = RuntimeService.method.reopenContainerLog;
    await this.#cri.call(method, { containerId }, callMilliseconds);
  }

  #imageOf({ id, repoTags, repoDigests, size, uid, username, pinned }: Image): RuntimeImage {
    const names = [...repoDigests, ...repoTags];
    const { sandboxImage, shared } = this.#options;
    return {
      id,
      names,
      sizeBytes: Number(size),
      uid: uid === undefined ? undefined : Number(uid.value),
      username,
      // Older containerds do not pin what their sandboxes need.
      pinned: pinned || shared || names.includes(sandboxImage),
    };
  }

  async imageStatus(image: string): Promise<RuntimeImage | undefined> {
    const request = { image: { image } };
    const answer = await this.#cri.call(ImageService.method.imageStatus, request, callMilliseconds);
    return answer.image === undefined ? undefined : this.#imageOf(answer.image);
  }

  async listImages(): Promise<readonly RuntimeImage[]> {
    const { images } = await this.#cri.call(ImageService.method.listImages, {}, callMilliseconds);
    return images.map((image) => this.#imageOf(image));
  }

  async pullImage(image: string, auth?: RegistryAuth): Promise<string> {
    const request = { image: { image }, ...(auth === undefined ? {} : { auth }) };
    const answer = await this.#cri.call(ImageService.method.pullImage, request, pullMilliseconds);
    return answer.imageRef;
  }

  async removeImage(image: string): Promise<void> {
    const request = { image: { image } };
    await this.#cri.call(ImageService.method.removeImage, request, callMilliseconds);
  }

  onChange(listener: (podUid: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** containerd's own events say at once that something ended; what, the relist finds out. */
  async #subscribe(): Promise<void> {
    const { signal } = this.#closing;
    const filter = Buffer.from("namespace==k8s.io,topic~=/tasks/");
    const request = Buffer.concat([Buffer.from([0x0a, filter.length]), filter]);
    const path = "/containerd.services.events.v1.Events/Subscribe";
    while (!signal.aborted) {
      const stream = this.#cri.listen(path, request, () => {
        for (const listener of this.#listeners) listener(undefined);
      });
      const stop = (): void => stream.cancel();
      signal.addEventListener("abort", stop, { once: true });
      await stream.ended;
      signal.removeEventListener("abort", stop);
      await sleep(this.#options.clock, resubscribeMilliseconds, signal);
      if (!signal.aborted) await this.#revive();
    }
  }

  /** Containers outlive their containerd: whoever comes after it finds them. */
  async #revive(): Promise<void> {
    const { revive, logger } = this.#options;
    await revive?.().catch((error: unknown) => {
      logger.warn("containerd is gone and does not start", { error: String(error) });
    });
  }

  close(): void {
    this.#closing.abort();
    this.#cri.close();
  }
}

async function ignoreNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== notFound) throw error;
  }
}

function summaryOf(container: Container): ContainerSummary {
  const { id, podSandboxId, metadata, state, createdAt, imageRef, labels, annotations } = container;
  return {
    id,
    sandboxId: podSandboxId,
    podUid: labels[podLabels.uid] ?? "",
    name: metadata?.name ?? "",
    attempt: metadata?.attempt ?? 0,
    state: states.get(state) ?? "unknown",
    createdAt: milliseconds(createdAt),
    imageRef,
    annotations,
  };
}

/** The status does not name the sandbox; the list does. */
async function detailsOf(
  status: ContainerStatus,
  summary: ContainerSummary,
): Promise<ContainerDetails> {
  const state = states.get(status.state) ?? "unknown";
  const message = state === "exited" ? await terminationMessage(status) : "";
  return {
    ...summary,
    state,
    startedAt: milliseconds(status.startedAt),
    finishedAt: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: message === "" ? status.message : message,
    image: status.image?.image ?? "",
    imageRef: status.imageRef,
    logPath: status.logPath,
  };
}
