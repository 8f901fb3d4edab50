/** The pod's status as the API shows it: pure, from the pod, what runs, and what the agent remembers. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "#gen/api/core/v1.ts";
import { containerStatuses, ephemeralStatuses, initStatuses } from "./container-status.ts";
import type { PodMemory, Waiting } from "./pod-memory.ts";
import { podPhase } from "./pod-phase.ts";
import { type PendingResize, resizedResources } from "./pod-resize.ts";
import { hasInitialized, isSidecar, newestSandbox, type PodRuntime } from "./pod-runtime.ts";
import { qosClass } from "./qos.ts";

/** A verdict of the agent over the whole pod: refused, evicted, over its deadline. */
export interface Verdict {
  readonly reason: string;
  readonly message: string;
  /** It ran until the node ended it. */
  readonly evicted?: true;
}

export interface StatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly memory: PodMemory;
  /** Containers held back by the plan, and why. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly hostIps: readonly string[];
  readonly now: number;
  /** `containerd`: the scheme of container ids. */
  readonly runtimeName: string;
  /** Fails the pod. */
  readonly verdict: Verdict | undefined;
  /** A resize that the node has not agreed to. */
  readonly pendingResize?: PendingResize | undefined;
  /** The pod will never run again: what has not ended is told as ended. */
  readonly terminal: boolean;
}

export function podStatus(input: StatusInput): PodStatus {
  const { pod, runtime, hostIps, now, verdict } = input;
  const old = pod.status;
  const init = initStatuses(input);
  const main = containerStatuses(input);
  const ephemeral = ephemeralStatuses(input);
  const phase = decidePhase(input, [...init, ...main]);
  const ips = podIps(input);
  const status: PodStatus = {
    phase,
    startTime: old.startTime ?? formatTime(new Date(now)),
    qosClass: old.qosClass ?? qosClass(pod),
    observedGeneration: pod.metadata.generation,
    hostIP: hostIps[0],
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(ips.length > 0 ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    ...(neverBegan(input) ? {} : { containerStatuses: main }),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    ...verdictOf(input),
  };
  const own = [
    sandboxCondition(runtime, input.terminal || verdict !== undefined),
    initializedCondition(input, init, phase),
    ...readyConditions(pod, main, init, phase),
    { type: "PodScheduled", status: "True" },
    ...resizeConditions(input),
    ...evictionConditions(verdict),
  ];
  status.conditions = mergeConditions(old.conditions ?? [], own, input);
  return status;
}

function evictionConditions(verdict: Verdict | undefined): PodCondition[] {
  if (verdict?.evicted !== true) return [];
  const { message } = verdict;
  const reason = "TerminationByKubelet";
  return [{ type: "DisruptionTarget", status: "True", reason, message }];
}

/** A pod refused by the node has no containers to tell of. */
function neverBegan({ pod, runtime, verdict }: StatusInput): boolean {
  const told = pod.status.containerStatuses ?? [];
  return verdict !== undefined && told.length === 0 && runtime.containers.length === 0;
}

function verdictOf({ verdict, pod }: StatusInput): Pick<PodStatus, "reason" | "message"> {
  if (verdict !== undefined) return { reason: verdict.reason, message: verdict.message };
  const { reason, message } = pod.status;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

/** Terminal phases are for ever: a pod that Failed or Succeeded is never anything else. */
function decidePhase(input: StatusInput, statuses: readonly ContainerStatus[]): PodStatus["phase"] {
  const before = input.pod.status.phase;
  if (before === "Failed" || before === "Succeeded") return before;
  const deleted = input.pod.metadata.deletionTimestamp !== undefined;
  if (input.verdict !== undefined && (!deleted || input.terminal)) return "Failed";
  const initialized = hasInitialized(input.pod, input.runtime);
  return podPhase(input.pod, statuses, { terminal: input.terminal, initialized });
}

function podIps({ pod, runtime, hostIps }: StatusInput): readonly string[] {
  if (pod.spec.hostNetwork === true) return hostIps;
  const ips = newestSandbox(runtime)?.ips ?? [];
  // A stopped sandbox has no address any more; the pod keeps the one it had.
  return ips.length > 0 ? ips : (pod.status.podIPs ?? []).map(({ ip }) => ip);
}

function sandboxCondition(runtime: PodRuntime, over: boolean): PodCondition {
  const up = !over && newestSandbox(runtime)?.ready === true;
  return { type: "PodReadyToStartContainers", status: up ? "True" : "False" };
}

function initializedCondition(
  { pod, runtime }: StatusInput,
  init: readonly ContainerStatus[],
  phase: PodStatus["phase"],
): PodCondition {
  if (phase === "Succeeded") {
    return { type: "Initialized", status: "True", reason: "PodCompleted" };
  }
  if (hasInitialized(pod, runtime)) return { type: "Initialized", status: "True" };
  const unready = (pod.spec.initContainers ?? [])
    .filter((container) => {
      const status = init.find(({ name }) => name === container.name);
      if (isSidecar(container)) return status?.started !== true;
      return status?.ready !== true;
    })
    .map(({ name }) => name);
  if (unready.length === 0) return { type: "Initialized", status: "True" };
  return {
    type: "Initialized",
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${unready.join(" ")}]`,
  };
}

/** ContainersReady, then Ready with the readiness gates; returned in upstream's order (Ready first). */
function readyConditions(
  pod: Pod,
  main: readonly ContainerStatus[],
  init: readonly ContainerStatus[],
  phase: PodStatus["phase"],
): PodCondition[] {
  const containers = containersCondition(pod, main, init, phase);
  const missing = (pod.spec.readinessGates ?? [])
    .map(({ conditionType }) => {
      const found = pod.status.conditions?.find(({ type }) => type === conditionType);
      if (found === undefined) {
        return `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
      }
      return found.status === "True"
        ? ""
        : `the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`;
    })
    .filter((sentence) => sentence !== "");
  if (containers.status !== "True" || missing.length === 0) {
    return [{ ...containers, type: "Ready" }, containers];
  }
  const message = missing.join(", ");
  const ready = { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message };
  return [ready, containers];
}

function containersCondition(
  pod: Pod,
  main: readonly ContainerStatus[],
  init: readonly ContainerStatus[],
  phase: PodStatus["phase"],
): PodCondition {
  const type = "ContainersReady";
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const counted = [...init.filter(({ name }) => sidecars.includes(name)), ...main];
  const unready = counted.filter((status) => !status.ready).map(({ name }) => name);
  if (unready.length === 0) return { type, status: "True" };
  const message = `containers with unready status: [${unready.join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotReady", message };
}

/** Conditions that are there only while they hold. */
export const passingConditions: ReadonlySet<string> = new Set([
  "PodResizePending",
  "PodResizeInProgress",
]);

function resizeConditions(input: StatusInput): PodCondition[] {
  const { pendingResize, pod, memory, runtime, terminal, verdict } = input;
  if (terminal || verdict !== undefined) return [];
  const conditions: PodCondition[] = [];
  if (pendingResize !== undefined)
    conditions.push({ type: "PodResizePending", status: "True", ...pendingResize });
  const behind = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap(
    ({ name, resources }) => {
      const applied = memory.get(name)?.applied;
      const runs = runtime.containers.some(
        ({ id, state }) => id === applied?.containerId && state === "running",
      );
      if (applied === undefined || !runs) return [];
      return resizedResources(applied.resources, resources).length === 0 ? [] : [applied];
    },
  );
  if (behind.length === 0) return conditions;
  const error = behind.find((applied) => applied.error !== undefined)?.error;
  const why = error === undefined ? {} : { reason: "Error", message: error };
  return [...conditions, { type: "PodResizeInProgress", status: "True", ...why }];
}

/** Own conditions replace the old of their type, keeping the transition time while the status stays. */
function mergeConditions(
  old: readonly PodCondition[],
  own: readonly PodCondition[],
  { pod, now }: StatusInput,
): PodCondition[] {
  const time = formatTime(new Date(now));
  const observedGeneration = pod.metadata.generation;
  const mine = own.map((condition) => {
    const before = old.find(({ type }) => type === condition.type);
    const lastTransitionTime =
      before?.status === condition.status ? (before.lastTransitionTime ?? time) : time;
    return { ...condition, lastTransitionTime, observedGeneration };
  });
  const foreign = old.filter(
    ({ type }) => !passingConditions.has(type) && !own.some((condition) => condition.type === type),
  );
  return [...mine, ...foreign];
}

/** Whether writing the new status over the old would tell anybody anything. */
export function statusIsNews(old: PodStatus, next: PodStatus): boolean {
  return Object.entries(next).some(
    ([field, value]) => !deepEqual(value, Object.entries(old).find(([key]) => key === field)?.[1]),
  );
}
