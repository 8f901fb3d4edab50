/** What a simulated pod consists of, and how it comes back out of the pod's status after a restart. Pure. */
import { parseTime } from "#apimachinery/time.ts";
import type { ContainerStatus, Pod } from "#gen/api/core/v1.ts";
import type { ContainerState } from "#kubelet/cri/runtime.ts";

/** On the pod: its containers end after this many seconds, with this exit code (default 0). */
export const runSecondsAnnotation = "simulated.kubun.io/run-seconds";
export const exitCodeAnnotation = "simulated.kubun.io/exit-code";

export interface SimulatedSandbox {
  readonly id: string;
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly attempt: number;
  readonly createdAt: number;
  readonly logDirectory: string;
  readonly runSeconds: number | undefined;
  readonly exitCode: number;
  ip: string | undefined;
  ready: boolean;
}

export interface SimulatedContainer {
  readonly id: string;
  readonly sandbox: SimulatedSandbox;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageRef: string;
  readonly logPath: string;
  readonly createdAt: number;
  readonly annotations: Readonly<Record<string, string>>;
  state: ContainerState;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  cancelExit: (() => void) | undefined;
}

const milliseconds = (time: string | undefined): number => parseTime(time ?? "")?.getTime() ?? 0;

/** undefined: the status does not say that the pod ran. */
export function adoptedSandbox(pod: Pod, id: string, now: number): SimulatedSandbox | undefined {
  const { phase, podIP } = pod.status;
  const { uid = "", name, namespace = "", annotations = {} } = pod.metadata;
  if (phase !== "Running" || podIP === undefined) return undefined;
  const runs = annotations[runSecondsAnnotation];
  return {
    id,
    podUid: uid,
    podName: name,
    podNamespace: namespace,
    attempt: 0,
    createdAt: now,
    logDirectory: "",
    runSeconds: runs === undefined ? undefined : Number(runs),
    exitCode: Number(annotations[exitCodeAnnotation] ?? "0"),
    ip: podIP,
    ready: true,
  };
}

export function adoptedContainers(pod: Pod, sandbox: SimulatedSandbox): SimulatedContainer[] {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status;
  return [...initContainerStatuses, ...containerStatuses].flatMap((status) => {
    const container = adoptedContainer(status, sandbox);
    return container === undefined ? [] : [container];
  });
}

function adoptedContainer(
  status: ContainerStatus,
  sandbox: SimulatedSandbox,
): SimulatedContainer | undefined {
  const id = status.containerID?.replace(/^[^:]*:\/\//, "");
  const { running, terminated } = status.state ?? {};
  if (id === undefined || (running === undefined && terminated === undefined)) return undefined;
  const startedAt = milliseconds(running?.startedAt ?? terminated?.startedAt);
  return {
    id,
    sandbox,
    name: status.name,
    attempt: status.restartCount,
    image: status.image,
    imageRef: status.imageID,
    logPath: "",
    createdAt: startedAt,
    annotations: {},
    state: running === undefined ? "exited" : "running",
    startedAt,
    finishedAt: milliseconds(terminated?.finishedAt),
    exitCode: terminated?.exitCode ?? 0,
    cancelExit: undefined,
  };
}
