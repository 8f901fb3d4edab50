/**
 * A container runtime in memory, behind the same port as containerd: nothing runs, everything is told as
 * if it did. Starts are instant; a pod's annotations can let its containers end.
 */
import type { Clock } from "#client/clock.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { roleAnnotation } from "#kubelet/container-config.ts";
import {
  type ContainerConfig,
  type ContainerDetails,
  type ContainerSummary,
  type ContainerUsage,
  type CriRuntime,
  type ExecResult,
  type PodSandboxConfig,
  RuntimeError,
  type RuntimeImage,
  type Sandbox,
  type StreamRequest,
  type StreamSource,
} from "#kubelet/cri/runtime.ts";
import {
  adoptedContainers,
  adoptedSandbox,
  exitCodeAnnotation,
  runSecondsAnnotation,
  type SimulatedContainer,
  type SimulatedSandbox,
} from "./adoption.ts";
import { type IpRange, ipRange } from "./ip-range.ts";
import { simulatedStream } from "./streams.ts";

const notFound = 5;
const initRun = { runSeconds: 0, exitCode: 0 };
/** Told of every image; what a small image has. */
const imageBytes = 10_000_000;

export interface SimulatedOptions {
  readonly clock: Clock;
  /** 64 hexadecimal digits, as containerd's ids. */
  readonly newId: () => string;
  /** Until the node has a podCIDR. */
  readonly podCidr?: string | undefined;
}

export class SimulatedRuntime implements CriRuntime {
  readonly version = "simulated://1.0.0";
  readonly real = false;
  readonly #options: SimulatedOptions;
  /** By pod uid: every question of the agent is about one pod. */
  readonly #sandboxes = new Map<string, SimulatedSandbox[]>();
  readonly #containers = new Map<string, SimulatedContainer>();
  readonly #sandboxById = new Map<string, SimulatedSandbox>();
  readonly #byPod = new Map<string, SimulatedContainer[]>();
  readonly #images = new Set<string>();
  readonly #listeners = new Set<(podUid: string | undefined) => void>();
  #range: IpRange;

  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.#range = ipRange(options.podCidr ?? "10.244.0.0/16");
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }

  async configureNetwork(podCidr: string): Promise<void> {
    this.#range = ipRange(podCidr, this.#range);
  }

  async status() {
    const ready = { ready: true, reason: "", message: "" };
    return { runtime: ready, network: ready };
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const id = this.#options.newId();
    const podUid = config.metadata?.uid ?? "";
    const annotations = config.annotations ?? {};
    const runs = annotations[runSecondsAnnotation];
    const sandbox: SimulatedSandbox = {
      id,
      podUid,
      podName: config.metadata?.name ?? "",
      podNamespace: config.metadata?.namespace ?? "",
      attempt: config.metadata?.attempt ?? 0,
      createdAt: this.#now(),
      logDirectory: config.logDirectory ?? "",
      runSeconds: runs === undefined ? undefined : Number(runs),
      exitCode: Number(annotations[exitCodeAnnotation] ?? "0"),
      ip: this.#range.take(),
      ready: true,
    };
    this.#sandboxes.set(podUid, [...(this.#sandboxes.get(podUid) ?? []), sandbox]);
    this.#sandboxById.set(id, sandbox);
    return id;
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxById.get(id);
    if (sandbox === undefined) return;
    for (const container of this.#of(sandbox)) this.#end(container, 137);
    sandbox.ready = false;
    if (sandbox.ip !== undefined) this.#range.give(sandbox.ip);
    sandbox.ip = undefined;
  }

  async removePodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxById.get(id);
    if (sandbox === undefined) return;
    await this.stopPodSandbox(id);
    for (const container of this.#of(sandbox)) this.#containers.delete(container.id);
    this.#sandboxById.delete(id);
    const rest = (this.#sandboxes.get(sandbox.podUid) ?? []).filter((other) => other !== sandbox);
    if (rest.length === 0) this.#sandboxes.delete(sandbox.podUid);
    else this.#sandboxes.set(sandbox.podUid, rest);
    this.#byPod.delete(sandbox.podUid);
  }

  async podSandboxIps(id: string): Promise<readonly string[]> {
    const ip = this.#sandboxById.get(id)?.ip;
    return ip === undefined ? [] : [ip];
  }

  async listPodSandboxes(podUid?: string): Promise<readonly Sandbox[]> {
    if (podUid !== undefined) return this.#sandboxes.get(podUid) ?? [];
    return [...this.#sandboxById.values()];
  }

  #of(sandbox: SimulatedSandbox): SimulatedContainer[] {
    return (this.#byPod.get(sandbox.podUid) ?? []).filter((one) => one.sandbox === sandbox);
  }

  #container(id: string): SimulatedContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new RuntimeError(notFound, `container "${id}" not found`);
    return container;
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.#sandboxById.get(sandboxId);
    if (sandbox === undefined) throw new RuntimeError(notFound, `sandbox "${sandboxId}" not found`);
    const image = config.image?.userSpecifiedImage ?? "";
    const container: SimulatedContainer = {
      id: this.#options.newId(),
      sandbox,
      name: config.metadata?.name ?? "",
      attempt: config.metadata?.attempt ?? 0,
      image,
      imageRef: config.image?.image ?? image,
      logPath: `${sandbox.logDirectory}/${config.logPath ?? ""}`,
      createdAt: this.#now(),
      annotations: config.annotations ?? {},
      state: "created",
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      cancelExit: undefined,
    };
    this.#containers.set(container.id, container);
    this.#byPod.set(sandbox.podUid, [...(this.#byPod.get(sandbox.podUid) ?? []), container]);
    return container.id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    container.state = "running";
    container.startedAt = this.#now();
    this.#scheduleExit(container);
  }

  #scheduleExit(container: SimulatedContainer): void {
    const { podUid } = container.sandbox;
    // An init container that never ended would hold its pod for ever.
    const init = container.annotations[roleAnnotation] === "init";
    const { runSeconds, exitCode } = init ? initRun : container.sandbox;
    if (runSeconds === undefined) return;
    const due = container.startedAt + runSeconds * 1000;
    container.cancelExit = this.#options.clock.after(Math.max(0, due - this.#now()), () => {
      this.#end(container, exitCode);
      for (const listener of this.#listeners) listener(podUid);
    });
  }

  #end(container: SimulatedContainer, exitCode: number): void {
    if (container.state !== "running") return;
    container.cancelExit?.();
    container.state = "exited";
    container.exitCode = exitCode;
    container.finishedAt = this.#now();
  }

  async stopContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container !== undefined) this.#end(container, 0);
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.#end(container, 137);
    this.#containers.delete(id);
    const { podUid } = container.sandbox;
    const rest = (this.#byPod.get(podUid) ?? []).filter((other) => other !== container);
    this.#byPod.set(podUid, rest);
  }

  async listContainers(podUid?: string): Promise<readonly ContainerSummary[]> {
    const all =
      podUid === undefined ? [...this.#containers.values()] : (this.#byPod.get(podUid) ?? []);
    return all.map(detailsOf);
  }

  async containerDetails({ id }: ContainerSummary): Promise<ContainerDetails | undefined> {
    const container = this.#containers.get(id);
    return container === undefined ? undefined : detailsOf(container);
  }

  async updateContainerResources(): Promise<void> {}

  async execSync(): Promise<ExecResult> {
    return { stdout: "", stderr: "", exitCode: 0 };
  }

  /** What does not run uses nothing. */
  async usage(): Promise<readonly ContainerUsage[]> {
    const time = this.#now();
    return [...this.#containers.values()]
      .filter(({ state }) => state === "running")
      .map(({ sandbox, name, startedAt }) => ({
        podUid: sandbox.podUid,
        name,
        time,
        startedAt,
        cpuNanoseconds: 0,
        cpuNanoCores: 0,
        memoryBytes: 0,
        diskBytes: 0,
      }));
  }

  async stream(request: StreamRequest): Promise<StreamSource> {
    if (request.do === "portforward") {
      const sandbox = this.#sandboxById.get(request.sandboxId);
      if (sandbox === undefined) throw new RuntimeError(notFound, "sandbox not found");
      return simulatedStream(request, { said: `${sandbox.podNamespace}/${sandbox.podName}` });
    }
    this.#container(request.containerId);
    const lines = this.readLog(request.containerId).map((line) =>
      line.split(" ").slice(3).join(" "),
    );
    return simulatedStream(request, { said: `${lines.join("\n")}\n` });
  }

  async reopenContainerLog(): Promise<void> {}

  async imageStatus(image: string): Promise<RuntimeImage | undefined> {
    return this.#images.has(image) ? simulatedImage(image) : undefined;
  }

  async listImages(): Promise<readonly RuntimeImage[]> {
    return [...this.#images].map(simulatedImage);
  }

  async pullImage(image: string): Promise<string> {
    this.#images.add(image);
    return image;
  }

  async removeImage(image: string): Promise<void> {
    this.#images.delete(image);
  }

  onChange(listener: (podUid: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Simulated containers outlive the process that simulates them: the API remembers them. */
  adopt(pod: Pod): void {
    const sandbox = adoptedSandbox(pod, this.#options.newId(), this.#now());
    if (sandbox === undefined || this.#sandboxes.has(sandbox.podUid)) return;
    this.#range.claim(sandbox.ip ?? "0.0.0.0");
    this.#sandboxes.set(sandbox.podUid, [sandbox]);
    this.#sandboxById.set(sandbox.id, sandbox);
    const containers = adoptedContainers(pod, sandbox);
    this.#byPod.set(sandbox.podUid, containers);
    for (const container of containers) {
      this.#containers.set(container.id, container);
      this.#images.add(container.image);
      if (container.state === "running") this.#scheduleExit(container);
    }
  }

  /** One line, in CRI's log format: that it started. */
  readLog(containerId: string): readonly string[] {
    const container = this.#containers.get(containerId);
    if (container === undefined || container.startedAt === 0) return [];
    const time = new Date(container.startedAt).toISOString();
    return [`${time} stdout F simulated container ${container.name} (${container.image}) started`];
  }

  close(): void {
    for (const container of this.#containers.values()) container.cancelExit?.();
  }
}

function detailsOf(container: SimulatedContainer): ContainerDetails {
  const { id, sandbox, name, attempt, state, createdAt, annotations } = container;
  const { startedAt, finishedAt, exitCode, image, imageRef, logPath } = container;
  const { podUid } = sandbox;
  const base = { id, sandboxId: sandbox.id, podUid, name, attempt, state, createdAt, annotations };
  return {
    ...base,
    startedAt,
    finishedAt,
    exitCode,
    reason: "",
    message: "",
    image,
    imageRef,
    logPath,
  };
}

function simulatedImage(image: string): RuntimeImage {
  return {
    id: image,
    names: [image],
    sizeBytes: imageBytes,
    uid: undefined,
    username: "",
    pinned: false,
  };
}
