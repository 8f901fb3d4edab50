/**
 * One pod on this node, one step at a time: read what runs, plan (pure), act, tell the API.
 *
 *   running ──deleted, refused, ended──> terminating ──all ended──> terminated ──gone from the API──> gone
 */

import { rm } from "node:fs/promises";
import { messageOf } from "#apimachinery/error-message.ts";
import { isReason } from "#apimachinery/status.ts";
import { parseTime } from "#apimachinery/time.ts";
import { type Pod, type PodStatus, pods } from "#gen/api/core/v1.ts";
import { containerBackoff, nextBackoff } from "./backoff.ts";
import { startContainer } from "./container-start.ts";
import { CrashEvents } from "./crash-events.ts";
import { ConfigError } from "./downward.ts";
import { StartFailure } from "./image-pull.ts";
import { removePodCgroup } from "./linux-cgroup.ts";
import { removeLogs } from "./logs/rotation.ts";
import { containerPath, type NodeContext } from "./node-context.ts";
import { createSandbox, prepareFiles, sandboxOf } from "./pod-files.ts";
import { type ContainerMemory, memoryFromStatus, type Waiting } from "./pod-memory.ts";
import { podPaths } from "./pod-paths.ts";
import { containersNamed, newestSandbox, type PodRuntime } from "./pod-runtime.ts";
import { killContainer, killPod } from "./pod-termination.ts";
import { PodProbes, type ProbeKind } from "./probes/pod-probes.ts";
import { ResizeState } from "./resize-state.ts";
import { passingConditions, podStatus, type Verdict } from "./status.ts";
import { StatusWriter } from "./status-writer.ts";
import { type Action, type Plan, stuck, syncPod } from "./sync-pod.ts";

/** After a step that failed for a reason of the node's (no sandbox, no volume, no API). */
const retryMilliseconds = 1000;
const retryDoublingsMax = 4;
const defaultGraceSeconds = 30;
/** The node cannot wait. */
const evictionGraceSeconds = 1;

type Stage = "running" | "terminating" | "terminated" | "gone";

/** What a worker knows of the node beyond its pod. */
export interface PodPlace {
  /** The node's word on a pod that it does not take. */
  readonly verdict: Verdict | undefined;
  /** What the node's other pods were given. */
  others(): readonly Pod[];
  /** This pod has been given something else, or needs nothing any more. */
  onChange(): void;
  onGone(): void;
}

export class PodWorker {
  readonly uid: string;
  readonly #node: NodeContext;
  readonly #place: PodPlace;
  readonly #resize: ResizeState;
  readonly #writer: StatusWriter;
  readonly #probes: PodProbes;
  readonly #memory: Map<string, ContainerMemory>;
  readonly #crashes: CrashEvents;
  #pod: Pod;
  #deleted = false;
  #stage: Stage = "running";
  #verdict: Verdict | undefined;
  #dirty = false;
  /** Steps in a row that could not be taken. */
  #failures = 0;
  #loop: Promise<void> | undefined;
  #cancelWake = (): void => {};
  /** The grace of the kill under way, and when it is over; a shorter one starts another. */
  #killing: { readonly until: number } | undefined;

  constructor(node: NodeContext, pod: Pod, place: PodPlace) {
    this.uid = pod.metadata.uid ?? "";
    this.#node = node;
    this.#pod = pod;
    this.#verdict = place.verdict;
    this.#place = place;
    this.#resize = new ResizeState(node, pod);
    this.#memory = memoryFromStatus(pod);
    this.#crashes = new CrashEvents(node);
    node.runtime.adopt?.(pod);
    const { client, clock, logger, signal, runtime } = node;
    this.#writer = new StatusWriter({ client, clock, logger, signal, pod: () => this.#pod });
    this.#probes = new PodProbes({
      clock,
      runtime,
      onVerdict: (name, kind, id, success) => this.#onVerdict(name, kind, id, success),
      onFailure: (name, kind, output) => {
        const path = containerPath(this.#pod, name);
        const word = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
        node.event(this.#pod, path, "Warning", "Unhealthy", `${word} probe failed: ${output}`);
      },
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** As the node has agreed to it, with nothing of a resize under way. */
  get allocated(): Pod {
    return { ...this.#resize.allocated(this.#pod), status: {} };
  }

  get waitsForRoom(): boolean {
    return this.#resize.pending?.reason === "Deferred";
  }

  get terminal(): boolean {
    return this.#stage === "terminated" || this.#stage === "gone";
  }

  get evicted(): boolean {
    return this.#verdict?.evicted === true;
  }

  /** Ends it for good, at once. */
  evict(message: string): void {
    if (this.#stage !== "running") return;
    this.#verdict ??= { reason: "Evicted", message, evicted: true };
    this.#node.event(this.#pod, undefined, "Warning", "Evicted", message);
    this.wake();
  }

  /** A newer version of the pod. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (this.#stage === "terminating") this.#shortenGrace();
    this.wake();
  }

  /** The API has it no more: everything goes. */
  remove(pod: Pod): void {
    this.#pod = pod;
    this.#deleted = true;
    if (this.#stage === "terminating") this.#shortenGrace();
    this.wake();
  }

  wake(): void {
    this.#dirty = true;
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      if (this.#dirty && !this.#node.signal.aborted) this.wake();
    });
  }

  /** Brings configMaps, secrets and tokens in its volumes up to date. */
  async refreshVolumes(): Promise<void> {
    const { volumes = [] } = this.#pod.spec;
    if (this.#stage !== "running" || this.#loop !== undefined || volumes.length === 0) return;
    const ips = this.#known().status.podIPs ?? [];
    if (ips.length === 0) return;
    await this.#node.volumes
      .setUp(
        this.#pod,
        this.#node.facts,
        ips.map(({ ip }) => ip),
      )
      .catch((error: unknown) => {
        this.#node.event(this.#pod, undefined, "Warning", "FailedMount", messageOf(error));
      });
  }

  /** Stops acting; containers keep running. */
  async stop(): Promise<void> {
    this.#cancelWake();
    this.#probes.stop();
    await this.#loop;
  }

  #wakeAt(time: number): void {
    this.#cancelWake();
    const delay = Math.max(0, time - this.#now());
    this.#cancelWake = this.#node.clock.after(delay, () => this.wake());
  }

  #now(): number {
    return this.#node.clock.now().getTime();
  }

  async #run(): Promise<void> {
    while (this.#dirty && !this.#node.signal.aborted) {
      this.#dirty = false;
      try {
        await this.#step();
        this.#failures = 0;
      } catch (error) {
        if (this.#node.signal.aborted) return;
        this.#failures += 1;
        const { namespace, name } = this.#pod.metadata;
        const { logger } = this.#node;
        const fields = { namespace, name, error: String(error) };
        // What a user has to mend stands in the pod's events.
        if (error instanceof ConfigError) logger.debug("pod not synced", fields);
        else logger.warn("pod not synced", fields);
        const delay = retryMilliseconds * 2 ** Math.min(this.#failures - 1, retryDoublingsMax);
        this.#wakeAt(this.#now() + delay);
      }
    }
  }

  async #step(): Promise<void> {
    if (this.#stage === "gone") return;
    if (this.#stage === "terminated") return this.#afterTermination();
    const runtime = await this.#node.state.read(this.uid);
    this.#checkDeadline();
    if (this.#mustEnd()) return this.#terminate(runtime);
    if (this.#resize.judge(this.#pod, () => this.#place.others())) this.#place.onChange();
    const plan = this.#plan(runtime);
    if (plan.actions.some((action) => action.do === "finish-pod")) return this.#terminate(runtime);
    this.#publish(runtime, plan.waiting, false);
    const after = await this.#perform(plan, runtime);
    const now = this.#plan(after);
    this.#resize.completeUnless(now);
    this.#publish(after, now.waiting, false);
    this.#crashes.tell(this.#pod, after, now.waiting);
    this.#probes.reconcile(this.#pod, after, this.#memory, this.#podIp(after));
    // A plan that is not empty after it was carried out: something ended meanwhile, or has to wait.
    if (now.actions.length > 0)
      this.#wakeAt(this.#now() + (stuck(plan, now) ? retryMilliseconds : 0));
    else if (now.wakeAt !== undefined) this.#wakeAt(now.wakeAt);
    else {
      const deadline = this.#deadline();
      if (deadline !== undefined) this.#wakeAt(deadline);
    }
  }

  #plan(runtime: PodRuntime): Plan {
    return syncPod({ pod: this.#known(), runtime, memory: this.#memory, now: this.#now() });
  }

  /** The pod as the node agreed to it, with the newest status told, which the watch may not have brought back yet. */
  #known(): Pod {
    const latest = this.#writer.latest;
    const agreed = this.#resize.allocated(this.#pod);
    if (latest === undefined) return agreed;
    const own = latest.conditions ?? [];
    const types = new Set(own.map(({ type }) => type));
    const foreign = (this.#pod.status.conditions ?? []).filter(
      ({ type }) => !types.has(type) && !passingConditions.has(type),
    );
    const status: PodStatus = {
      ...this.#pod.status,
      ...latest,
      conditions: [...own, ...foreign],
    };
    return { ...agreed, status };
  }

  #podIp(runtime: PodRuntime): string {
    if (this.#pod.spec.hostNetwork === true) return this.#node.facts.hostIps[0] ?? "";
    return newestSandbox(runtime)?.ips[0] ?? "";
  }

  #publish(runtime: PodRuntime, waiting: ReadonlyMap<string, Waiting>, terminal: boolean): void {
    const status = podStatus({
      pod: this.#known(),
      runtime,
      memory: this.#memory,
      waiting,
      hostIps: this.#node.facts.hostIps,
      now: this.#now(),
      runtimeName: this.#node.runtime.version.split(":")[0] ?? "",
      verdict: this.#verdict,
      pendingResize: this.#resize.pending,
      terminal,
    });
    this.#writer.publish(status);
  }

  /** Milliseconds; undefined: there is none. */
  #deadline(): number | undefined {
    const { activeDeadlineSeconds } = this.#pod.spec;
    const started = parseTime(this.#known().status.startTime ?? "")?.getTime();
    if (activeDeadlineSeconds === undefined || started === undefined) return undefined;
    return started + activeDeadlineSeconds * 1000;
  }

  #checkDeadline(): void {
    const deadline = this.#deadline();
    if (deadline === undefined || this.#now() < deadline) return;
    this.#verdict ??= {
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    };
  }

  #mustEnd(): boolean {
    const { phase } = this.#known().status;
    return (
      this.#stage === "terminating" ||
      this.#deleted ||
      this.#verdict !== undefined ||
      this.#pod.metadata.deletionTimestamp !== undefined ||
      phase === "Failed" ||
      phase === "Succeeded"
    );
  }

  // Acting

  /** Carries out a plan; returns what runs afterwards. */
  async #perform(plan: Plan, before: PodRuntime): Promise<PodRuntime> {
    let runtime = before;
    for (const action of plan.actions) {
      if (this.#node.signal.aborted || this.#mustEnd()) break;
      await this.#act(action, runtime);
      runtime = await this.#node.state.read(this.uid);
    }
    return runtime;
  }

  async #act(action: Action, runtime: PodRuntime): Promise<void> {
    switch (action.do) {
      case "stop-sandbox":
        return this.#node.runtime.stopPodSandbox(action.id);
      case "create-sandbox":
        return createSandbox(this.#node, this.#pod, action.attempt);
      case "start-container":
        return this.#start(action, runtime);
      case "kill-container":
        return this.#kill(action, runtime);
      case "resize-container":
        return this.#resizeContainer(action, runtime);
      case "finish-pod":
        return;
    }
  }

  async #start(
    action: Extract<Action, { do: "start-container" }>,
    runtime: PodRuntime,
  ): Promise<void> {
    const { container, attempt, replaces, restarts } = action;
    const sandbox = newestSandbox(runtime);
    if (sandbox === undefined || !sandbox.ready) return;
    const known = this.#memory.get(container.name);
    if (restarts !== undefined) {
      const backoff = nextBackoff(known?.backoff, this.#now(), containerBackoff);
      this.#memory.set(container.name, { ...known, backoff });
    }
    if (replaces !== undefined) await this.#node.runtime.removeContainer(replaces);
    await this.#forgetOld(container.name, runtime);
    const podIps = this.#pod.spec.hostNetwork === true ? this.#node.facts.hostIps : sandbox.ips;
    try {
      const volumes = await prepareFiles(this.#node, this.#pod, podIps);
      const containerId = await startContainer(this.#node, {
        pod: this.#pod,
        container,
        attempt,
        sandboxId: sandbox.id,
        sandbox: sandboxOf(this.#node, this.#pod, sandbox.attempt),
        podIps,
        volumes,
        runtime,
      });
      const { backoff } = this.#memory.get(container.name) ?? {};
      const { resources = {} } = container;
      this.#memory.set(container.name, { backoff, applied: { containerId, resources } });
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      const waiting = { reason: error.reason, message: error.message, retryAt: error.retryAt };
      this.#memory.set(container.name, { ...this.#memory.get(container.name), waiting });
    }
  }

  /** Upstream keeps one dead container of each name, for its logs and last state. */
  async #forgetOld(name: string, runtime: PodRuntime): Promise<void> {
    const [, ...older] = containersNamed(runtime, name);
    for (const { id, logPath } of older) {
      await this.#node.runtime.removeContainer(id);
      if (this.#node.runtime.real && logPath !== "") await removeLogs(logPath);
    }
  }

  async #kill(
    action: Extract<Action, { do: "kill-container" }>,
    runtime: PodRuntime,
  ): Promise<void> {
    const container = runtime.containers.find(({ id }) => id === action.id);
    if (container === undefined) return;
    const { message, graceSeconds = this.#specGrace() } = action;
    await killContainer(this.#node, this.#pod, container, { message, graceSeconds });
    const { failedProbe: _, ...rest } = this.#memory.get(action.name) ?? {};
    const stoppedForResize = action.forResize === true ? action.id : undefined;
    this.#memory.set(action.name, { ...rest, stoppedForResize });
  }

  async #resizeContainer(
    { id, container: { name, resources = {} } }: Extract<Action, { do: "resize-container" }>,
    runtime: PodRuntime,
  ): Promise<void> {
    const running = runtime.containers.find((container) => container.id === id);
    const known = this.#memory.get(name);
    if (running === undefined || known?.applied === undefined) return;
    const applied = await this.#resize.apply(this.#known(), running, resources, known.applied);
    this.#memory.set(name, { ...this.#memory.get(name), applied });
  }

  #specGrace(): number {
    return this.#pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  }

  #onVerdict(name: string, kind: ProbeKind, containerId: string, success: boolean): void {
    const known = this.#memory.get(name) ?? {};
    if (kind === "readiness") {
      this.#memory.set(name, { ...known, ready: success ? containerId : undefined });
    } else if (!success) {
      const spec = [...this.#pod.spec.containers, ...(this.#pod.spec.initContainers ?? [])].find(
        (one) => one.name === name,
      );
      const probe = kind === "startup" ? spec?.startupProbe : spec?.livenessProbe;
      const graceSeconds = probe?.terminationGracePeriodSeconds;
      this.#memory.set(name, { ...known, failedProbe: { containerId, probe: kind, graceSeconds } });
    } else if (kind === "startup") {
      this.#memory.set(name, { ...known, startupPassed: containerId });
    }
    this.wake();
  }

  // Ending

  /** 0 from a forced deletion becomes a second: a container is never killed unwarned. */
  #graceSeconds(): number {
    const { deletionGracePeriodSeconds, deletionTimestamp } = this.#pod.metadata;
    if (this.evicted) return evictionGraceSeconds;
    if (deletionTimestamp === undefined && !this.#deleted) return this.#specGrace();
    return Math.max(deletionGracePeriodSeconds ?? this.#specGrace(), 1);
  }

  /** A second delete with less grace hurries the first: the runtime takes the shorter of two stops. */
  #shortenGrace(): void {
    const until = this.#now() + this.#graceSeconds() * 1000;
    if (this.#killing === undefined || until >= this.#killing.until) return;
    this.#killing = { until };
    const grace = this.#graceSeconds();
    this.#node.state
      .read(this.uid)
      .then((runtime) => killPod(this.#node, this.#pod, runtime, grace))
      .catch((error: unknown) => {
        this.#node.logger.warn("grace not shortened", { uid: this.uid, error: String(error) });
      });
  }

  async #terminate(runtime: PodRuntime): Promise<void> {
    this.#stage = "terminating";
    this.#cancelWake();
    this.#publish(runtime, new Map(), false);
    const grace = this.#graceSeconds();
    this.#killing = { until: this.#now() + grace * 1000 };
    this.#probes.reconcile(this.#pod, runtime, this.#memory, this.#podIp(runtime));
    await killPod(this.#node, this.#pod, runtime, grace);
    this.#probes.stop();
    const ended = await this.#node.state.read(this.uid);
    if (ended.containers.some(({ state }) => state === "running")) {
      throw new Error("containers still run after their stop");
    }
    this.#publish(ended, new Map(), true);
    await this.#writer.flush();
    await this.#node.volumes.tearDown(this.#pod);
    if (this.#node.runtime.real) await removePodCgroup(this.#pod);
    this.#stage = "terminated";
    this.#place.onChange();
    return this.#afterTermination();
  }

  /** Once nothing runs and the API knows it, a deleted pod leaves the API; then its remains leave the node. */
  async #afterTermination(): Promise<void> {
    const { name, namespace = "", deletionTimestamp } = this.#pod.metadata;
    if (!this.#deleted && deletionTimestamp !== undefined) {
      try {
        await this.#node.client.delete(pods, namespace, name, {
          gracePeriodSeconds: 0,
          uid: this.uid,
        });
      } catch (error) {
        // Conflict: another pod has the name by now. Finalizers keep a pod, and its watch event comes later.
        if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
        this.#deleted = true;
      }
    }
    if (this.#deleted) await this.#leave();
  }

  async #leave(): Promise<void> {
    const { state, runtime, images, dataDir } = this.#node;
    const remains = await state.read(this.uid);
    for (const { id } of remains.containers) await runtime.removeContainer(id);
    for (const { id } of remains.sandboxes) await runtime.removePodSandbox(id);
    if (runtime.real) await rm(podPaths(dataDir, this.#pod).logs, { recursive: true, force: true });
    state.forget(this.uid, remains);
    images.forget(this.uid);
    this.#stage = "gone";
    this.#place.onGone();
  }
}
