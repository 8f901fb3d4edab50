/** Container statuses: state, last state, restarts, readiness. Pure; upstream's convertToAPIContainerStatuses. */
import { formatTime } from "#apimachinery/time.ts";
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  ResourceRequirements,
  VolumeMountStatus,
} from "#gen/api/core/v1.ts";
import type { ContainerDetails } from "./cri/runtime.ts";
import type { PodMemory, Waiting } from "./pod-memory.ts";
import { containersNamed, hasInitialized, isSidecar, type PodRuntime } from "./pod-runtime.ts";

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly memory: PodMemory;
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly runtimeName: string;
  readonly terminal: boolean;
}

type AnyContainer = Container | EphemeralContainer;

/** The bytes of a termination message that a status may hold. */
const messageBytesMax = 4096;

const time = (milliseconds: number): string => formatTime(new Date(milliseconds));

function terminated(
  input: ContainerStatusInput,
  container: ContainerDetails,
): ContainerStateTerminated {
  const reason =
    container.reason !== "" ? container.reason : container.exitCode === 0 ? "Completed" : "Error";
  return {
    exitCode: container.exitCode,
    reason,
    ...(container.message === "" ? {} : { message: container.message.slice(0, messageBytesMax) }),
    ...(container.startedAt > 0 ? { startedAt: time(container.startedAt) } : {}),
    finishedAt: time(container.finishedAt),
    containerID: `${input.runtimeName}://${container.id}`,
  };
}

/** What an agent says of a container that it reported as running and that the runtime no longer knows. */
const vanished: ContainerStateTerminated = {
  exitCode: 137,
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
};

function stateOf(
  input: ContainerStatusInput,
  container: AnyContainer,
  current: ContainerDetails | undefined,
): ContainerState {
  const { pod, waiting, memory } = input;
  if (current?.state === "running") return { running: { startedAt: time(current.startedAt) } };
  const held = waiting.get(container.name) ?? heldByMemory(memory, container.name);
  if (held !== undefined && !input.terminal) return { waiting: pick(held) };
  if (current?.state === "exited") return { terminated: terminated(input, current) };
  if (input.terminal) {
    const old = previousStatus(pod, container.name);
    if (old?.state?.terminated !== undefined) return { terminated: old.state.terminated };
    if (old?.state?.running !== undefined) return { terminated: vanished };
    return { waiting: old?.state?.waiting ?? defaultWaiting(input) };
  }
  return { waiting: defaultWaiting(input) };
}

function heldByMemory(memory: PodMemory, name: string): Waiting | undefined {
  return memory.get(name)?.waiting;
}

function pick({ reason, message }: Waiting): { reason: string; message?: string } {
  return message === "" ? { reason } : { reason, message };
}

function defaultWaiting({ pod, runtime }: ContainerStatusInput): { reason: string } {
  const initializes = (pod.spec.initContainers ?? []).length > 0 && !hasInitialized(pod, runtime);
  return { reason: initializes ? "PodInitializing" : "ContainerCreating" };
}

function previousStatus(pod: Pod, name: string): ContainerStatus | undefined {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === name,
  );
}

/** The end before the present state: of the current container when it waits to be restarted, else of the one before. */
function lastState(
  input: ContainerStatusInput,
  name: string,
  state: ContainerState,
  all: readonly ContainerDetails[],
): ContainerState {
  const [current, before] = all;
  const ended = state.waiting !== undefined && current?.state === "exited" ? current : before;
  if (ended?.state === "exited") return { terminated: terminated(input, ended) };
  const old = previousStatus(input.pod, name);
  if (current !== undefined || old === undefined) return old?.lastState ?? {};
  return old.state?.terminated === undefined
    ? (old.lastState ?? {})
    : { terminated: old.state.terminated };
}

function restartCount(
  input: ContainerStatusInput,
  name: string,
  current: ContainerDetails | undefined,
): number {
  return current?.attempt ?? previousStatus(input.pod, name)?.restartCount ?? 0;
}

function volumeMountStatuses(container: AnyContainer): VolumeMountStatus[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true ? { readOnly: true, recursiveReadOnly: "Disabled" } : {}),
  }));
}

function base(input: ContainerStatusInput, container: AnyContainer): ContainerStatus {
  const all = containersNamed(input.runtime, container.name);
  const current = all[0];
  const state = stateOf(input, container, current);
  const mounts = volumeMountStatuses(container);
  const old = previousStatus(input.pod, container.name);
  const id = current === undefined ? old?.containerID : `${input.runtimeName}://${current.id}`;
  const allocated = container.resources?.requests;
  const { requests, limits } = appliedResources(input, container, current) ?? {};
  return {
    name: container.name,
    state,
    lastState: lastState(input, container.name, state, all),
    ready: false,
    restartCount: restartCount(input, container.name, current),
    image: current?.image ?? old?.image ?? container.image ?? "",
    imageID: current?.imageRef ?? old?.imageID ?? "",
    ...(id === undefined ? {} : { containerID: id }),
    started: false,
    ...(state.running !== undefined && allocated !== undefined
      ? { allocatedResources: { ...allocated } }
      : {}),
    ...(state.running === undefined
      ? {}
      : {
          resources: {
            ...(limits === undefined ? {} : { limits: { ...limits } }),
            ...(requests === undefined ? {} : { requests: { ...requests } }),
          },
        }),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  };
}

/** What the running container may use now, which a resize under way has yet to change. */
function appliedResources(
  { memory }: ContainerStatusInput,
  container: AnyContainer,
  current: ContainerDetails | undefined,
): ResourceRequirements | undefined {
  const applied = memory.get(container.name)?.applied;
  return applied !== undefined && applied.containerId === current?.id
    ? applied.resources
    : container.resources;
}

/** started: past its startup probe; ready: started, and past its readiness probe. */
function withReadiness(
  input: ContainerStatusInput,
  container: Container,
  status: ContainerStatus,
): ContainerStatus {
  const current = containersNamed(input.runtime, container.name)[0];
  if (status.state?.running === undefined || current === undefined) return status;
  const known = input.memory.get(container.name);
  const started = container.startupProbe === undefined || known?.startupPassed === current.id;
  const ready = started && (container.readinessProbe === undefined || known?.ready === current.id);
  return { ...status, started, ready };
}

export function containerStatuses(input: ContainerStatusInput): ContainerStatus[] {
  return input.pod.spec.containers.map((container) =>
    withReadiness(input, container, base(input, container)),
  );
}

/** Init containers are ready once they have ended well; sidecars as main containers are. */
export function initStatuses(input: ContainerStatusInput): ContainerStatus[] {
  return (input.pod.spec.initContainers ?? []).map((container) => {
    const status = base(input, container);
    if (isSidecar(container)) return withReadiness(input, container, status);
    return { ...status, ready: status.state?.terminated?.exitCode === 0 };
  });
}

export function ephemeralStatuses(input: ContainerStatusInput): ContainerStatus[] {
  return (input.pod.spec.ephemeralContainers ?? []).map((container) => {
    const { started: _, ...status } = base(input, container);
    return status;
  });
}
