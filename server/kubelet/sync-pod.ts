/**
 * What to do next for one pod: pure. The pod and what runs go in, actions come out, in the order in
 * which they are to be done. Done again after every change, so a plan never has to be remembered.
 *
 * Follows upstream's computePodActions: sandbox first, then init containers one by one (sidecars stay
 * and the next one waits for them to have started), then ephemeral and main containers together.
 */
import type { Container, EphemeralContainer, Pod } from "#gen/api/core/v1.ts";
import { containerBackoff, dueAt, durationText } from "./backoff.ts";
import type { ContainerDetails } from "./cri/runtime.ts";
import type { PodMemory, Waiting } from "./pod-memory.ts";
import { resizedResources, restartsForResize } from "./pod-resize.ts";
import type { PodRuntime } from "./pod-runtime.ts";
import { containersNamed, hasInitialized, isSidecar, newestSandbox } from "./pod-runtime.ts";
import { restartsAfter } from "./restart-policy.ts";

/** The pod's image as it was at creation, on every container: a changed one is replaced. */
export const imageAnnotation = "io.kubun.container.image";

export type Action =
  | { readonly do: "stop-sandbox"; readonly id: string }
  | { readonly do: "create-sandbox"; readonly attempt: number }
  | {
      readonly do: "start-container";
      readonly container: Container | EphemeralContainer;
      readonly attempt: number;
      /** Made but never started by an agent that died: removed first, its attempt is used again. */
      readonly replaces: string | undefined;
      readonly restarts: ContainerDetails | undefined;
    }
  | {
      readonly do: "kill-container";
      readonly id: string;
      readonly name: string;
      readonly message: string;
      readonly graceSeconds: number | undefined;
      /** Its end is the node's wish: it starts again at once, whatever the restart policy. */
      readonly forResize?: true;
    }
  /** It runs on with other resources: those of `container`. */
  | { readonly do: "resize-container"; readonly id: string; readonly container: Container }
  /** Nothing is left to run: sidecars and the sandbox go, the pod is Succeeded or Failed. */
  | { readonly do: "finish-pod" };

export interface Plan {
  readonly actions: readonly Action[];
  /** Containers held back, and why. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** When the next held-back container is due; milliseconds. */
  readonly wakeAt: number | undefined;
}

export interface SyncInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly memory: PodMemory;
  readonly now: number;
}

class Planner {
  readonly input: SyncInput;
  readonly actions: Action[] = [];
  readonly waiting = new Map<string, Waiting>();
  wakeAt: number | undefined;
  /** The sandbox that containers count in: after its loss init containers run again. */
  sandboxId: string | undefined;

  constructor(input: SyncInput) {
    this.input = input;
  }

  plan(): Plan {
    return { actions: this.actions, waiting: this.waiting, wakeAt: this.wakeAt };
  }

  current(container: { readonly name: string }): ContainerDetails | undefined {
    return containersNamed(this.input.runtime, container.name)[0];
  }

  /** The current container of an init container in this sandbox: the past of a lost one does not count. */
  active(container: { readonly name: string }): ContainerDetails | undefined {
    const current = this.current(container);
    return current?.sandboxId === this.sandboxId ? current : undefined;
  }

  initialized(): boolean {
    return this.input.pod.spec.containers.some((container) => this.active(container) !== undefined);
  }

  hold(name: string, why: Waiting, until: number): void {
    this.waiting.set(name, why);
    this.wakeAt = this.wakeAt === undefined ? until : Math.min(this.wakeAt, until);
  }

  /** Starts a container unless its last failure, or its crash back-off, holds it. */
  start(container: Container | EphemeralContainer): void {
    const { memory, now, pod } = this.input;
    const known = memory.get(container.name);
    if (known?.waiting !== undefined && known.waiting.retryAt > now) {
      this.hold(container.name, known.waiting, known.waiting.retryAt);
      return;
    }
    const last = this.current(container);
    const crashed = last?.state === "exited" && !this.stoppedForResize(last) ? last : undefined;
    if (crashed !== undefined) {
      const due = dueAt(known?.backoff, crashed.finishedAt, now, containerBackoff);
      if (due !== undefined) {
        const delay = durationText(known?.backoff?.delay ?? 0);
        const { name, namespace, uid } = pod.metadata;
        const message = `back-off ${delay} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
        this.hold(container.name, { reason: "CrashLoopBackOff", message }, due);
        return;
      }
    }
    const replaces = last?.state === "created" ? last.id : undefined;
    this.actions.push({
      do: "start-container",
      container,
      attempt: nextAttempt(pod, container.name, last),
      replaces,
      restarts: crashed,
    });
  }

  stoppedForResize({ id, name }: ContainerDetails): boolean {
    return this.input.memory.get(name)?.stoppedForResize === id;
  }

  /** Kills what runs but must not: a failed probe, a changed definition. True when it did. */
  killUnwanted(container: Container, current: ContainerDetails): boolean {
    const failed = this.input.memory.get(container.name)?.failedProbe;
    const failedNow = failed !== undefined && failed.containerId === current.id;
    const image = current.annotations[imageAnnotation];
    const changed =
      image !== undefined && container.image !== undefined && image !== container.image;
    if (!failedNow && !changed) return false;
    const again = changed || restartsAfter(this.input.pod, container, 137);
    const why = failedNow ? `failed ${failed.probe} probe` : "definition changed";
    this.actions.push({
      do: "kill-container",
      id: current.id,
      name: container.name,
      message: `Container ${container.name} ${why}${again ? ", will be restarted" : ""}`,
      graceSeconds: failedNow ? failed.graceSeconds : undefined,
    });
    return true;
  }
}

/** Brings what runs to the resources that its node agreed to: by the runtime, or by a restart. */
function resizeRunning(planner: Planner, container: Container, current: ContainerDetails): void {
  const applied = planner.input.memory.get(container.name)?.applied;
  if (applied === undefined || applied.containerId !== current.id) return;
  const changed = resizedResources(applied.resources, container.resources);
  if (changed.length === 0) return;
  if (!restartsForResize(container, changed)) {
    planner.actions.push({ do: "resize-container", id: current.id, container });
    return;
  }
  planner.actions.push({
    do: "kill-container",
    id: current.id,
    name: container.name,
    message: `Container ${container.name} resize requires restart`,
    graceSeconds: undefined,
    forResize: true,
  });
}

/** Attempts count up over the containers' lives; the reported status bridges containers lost with their sandbox. */
function nextAttempt(pod: Pod, name: string, last: ContainerDetails | undefined): number {
  if (last !== undefined) return last.state === "created" ? last.attempt : last.attempt + 1;
  const statuses = [
    ...(pod.status.containerStatuses ?? []),
    ...(pod.status.initContainerStatuses ?? []),
  ];
  const reported = statuses.find((status) => status.name === name);
  return reported?.containerID === undefined ? 0 : reported.restartCount + 1;
}

/** Whether a container that is in this state is to be started (again). */
function mustStart(pod: Pod, container: Container, current: ContainerDetails | undefined): boolean {
  if (current === undefined || current.state === "created" || current.state === "unknown")
    return true;
  return current.state === "exited" && restartsAfter(pod, container, current.exitCode);
}

function hasStarted(planner: Planner, container: Container, current: ContainerDetails): boolean {
  const known = planner.input.memory.get(container.name);
  return container.startupProbe === undefined || known?.startupPassed === current.id;
}

/** Walks the init containers; true when the main containers may start. */
function planInit(planner: Planner): boolean {
  const initialized = planner.initialized();
  for (const container of planner.input.pod.spec.initContainers ?? []) {
    const done = isSidecar(container)
      ? planSidecar(planner, container) || initialized
      : initialized || planInitContainer(planner, container);
    if (!done) return false;
  }
  return true;
}

/** True when it runs and has started. */
function planSidecar(planner: Planner, container: Container): boolean {
  const current = planner.active(container);
  if (current?.state !== "running") {
    planner.start(container);
    return false;
  }
  if (!planner.killUnwanted(container, current)) resizeRunning(planner, container, current);
  return hasStarted(planner, container, current);
}

/** True when it has ended well. */
function planInitContainer(planner: Planner, container: Container): boolean {
  const current = planner.active(container);
  if (current?.state === "exited" && current.exitCode === 0) return true;
  if (current?.state === "running") resizeRunning(planner, container, current);
  else if (mustStart(planner.input.pod, container, current)) planner.start(container);
  else planner.actions.push({ do: "finish-pod" });
  return false;
}

/** True when at least one main container runs or is to run. */
function planMain(planner: Planner): boolean {
  const { pod } = planner.input;
  let wanted = false;
  for (const container of pod.spec.containers) {
    const current = planner.current(container);
    if (current?.state === "running") {
      if (!planner.killUnwanted(container, current)) resizeRunning(planner, container, current);
      wanted = true;
    } else if (
      mustStart(pod, container, current) ||
      (current !== undefined && planner.stoppedForResize(current))
    ) {
      planner.start(container);
      wanted = true;
    }
  }
  return wanted;
}

/** After the loss of its sandbox, whether anything of the pod is to run again. */
function sandboxIsWanted(pod: Pod, runtime: PodRuntime): boolean {
  if (runtime.sandboxes.length === 0 && runtime.containers.length === 0) return true;
  const init = (pod.spec.initContainers ?? []).filter((container) => !isSidecar(container));
  if (!hasInitialized(pod, runtime)) {
    return init.every((container) => {
      const current = containersNamed(runtime, container.name)[0];
      if (current?.state === "exited" && current.exitCode === 0) return true;
      return mustStart(pod, container, lost(current));
    });
  }
  return pod.spec.containers.some((container) =>
    mustStart(pod, container, lost(containersNamed(runtime, container.name)[0])),
  );
}

/** A container whose sandbox is gone runs no more, whatever the runtime last said. */
function lost(current: ContainerDetails | undefined): ContainerDetails | undefined {
  return current?.state === "running" ? { ...current, state: "exited", exitCode: 137 } : current;
}

function planSandbox(planner: Planner): boolean {
  const { pod, runtime } = planner.input;
  const newest = newestSandbox(runtime);
  const usable = newest?.ready === true && (pod.spec.hostNetwork === true || newest.ips.length > 0);
  for (const sandbox of runtime.sandboxes) {
    if (sandbox.ready && !(usable && sandbox.id === newest.id)) {
      planner.actions.push({ do: "stop-sandbox", id: sandbox.id });
    }
  }
  if (usable) {
    planner.sandboxId = newest.id;
    return true;
  }
  if (!sandboxIsWanted(pod, runtime)) {
    planner.actions.push({ do: "finish-pod" });
    return false;
  }
  planner.actions.push({
    do: "create-sandbox",
    attempt: newest === undefined ? 0 : newest.attempt + 1,
  });
  // Containers of the lost sandbox still stand in the runtime as running until its stop is seen.
  if (newest?.ready === false) planner.actions.unshift({ do: "stop-sandbox", id: newest.id });
  return true;
}

/** The plan for a pod that is to run. (Deletion is the worker's: it stops everything, whatever the plan.) */
export function syncPod(input: SyncInput): Plan {
  const planner = new Planner(withoutLostContainers(input));
  if (!planSandbox(planner)) return planner.plan();
  if (!planInit(planner)) return planner.plan();
  for (const container of input.pod.spec.ephemeralContainers ?? []) {
    if (planner.current(container) === undefined) planner.start(container);
  }
  const wanted = planMain(planner);
  if (!wanted) planner.actions.push({ do: "finish-pod" });
  return planner.plan();
}

/** Containers marked running in a sandbox that is down are about to be reported dead: read them so. */
function withoutLostContainers(input: SyncInput): SyncInput {
  const ready = new Set(
    input.runtime.sandboxes.filter((sandbox) => sandbox.ready).map((sandbox) => sandbox.id),
  );
  const containers = input.runtime.containers.map((container) =>
    ready.has(container.sandboxId) ? container : (lost(container) ?? container),
  );
  return { ...input, runtime: { ...input.runtime, containers } };
}

/** What was to be done first is still to be done first: not again at once. */
export function stuck(before: Plan, after: Plan): boolean {
  const [first, next] = [before.actions[0], after.actions[0]];
  if (first?.do !== next?.do) return first === undefined;
  if (first?.do !== "start-container" || next?.do !== "start-container") return true;
  return first.container.name === next.container.name;
}
