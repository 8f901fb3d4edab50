/** The Node object as the agent reports it: pure, from facts of the machine. */
import { formatTime } from "#apimachinery/time.ts";
import type { Node, NodeCondition, NodeStatus, Taint } from "#gen/api/core/v1.ts";
import type { RuntimeCondition, RuntimeImage } from "./cri/runtime.ts";

export const kubeletVersion = "v1.37.1+kubun";

/** What does not change while the agent runs. */
export interface MachineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly podsMax: number;
  /** `amd64`, `arm64`: Go's words. */
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
}

/** What does. */
export interface Pressure {
  readonly memory: boolean;
  readonly disk: boolean;
  readonly pid: boolean;
}

export interface NodeStatusInput {
  readonly nodeName: string;
  readonly machine: MachineFacts;
  readonly pressure: Pressure;
  readonly runtime: RuntimeCondition;
  readonly network: RuntimeCondition;
  readonly runtimeVersion: string;
  readonly images: readonly RuntimeImage[];
  readonly addresses: readonly string[];
  /** Of the agent's own HTTPS endpoint; 0: it has none. */
  readonly port: number;
  readonly old: NodeStatus | undefined;
  readonly now: number;
}

/** Upstream's hard eviction threshold: what pods cannot have. */
const memoryReservedBytes = 100 * 1024 * 1024;
const storageShare = 0.9;
const imagesMax = 50;
const namesPerImageMax = 5;

export function nodeLabels(nodeName: string, architecture: string): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": nodeName,
    "kubernetes.io/os": "linux",
  };
}

export function newNode(
  nodeName: string,
  labels: Readonly<Record<string, string>>,
  taints: readonly Taint[],
  status: NodeStatus,
): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: nodeName, labels: { ...labels } },
    spec: taints.length > 0 ? { taints: [...taints] } : {},
    status,
  };
}

export function capacity(machine: MachineFacts): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    "ephemeral-storage": `${Math.floor(machine.storageBytes / 1024)}Ki`,
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(machine.podsMax),
  };
}

export function allocatable(machine: MachineFacts): Record<string, string> {
  const memory = Math.max(0, machine.memoryBytes - memoryReservedBytes);
  return {
    ...capacity(machine),
    "ephemeral-storage": String(Math.floor(machine.storageBytes * storageShare)),
    memory: `${Math.floor(memory / 1024)}Ki`,
  };
}

interface Finding {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function pressureFindings({ memory, disk, pid }: Pressure): readonly Finding[] {
  const one = (type: string, bad: boolean, words: readonly [string, string, string, string]) => ({
    type,
    status: bad ? "True" : "False",
    reason: bad ? words[0] : words[2],
    message: `kubelet has ${bad ? words[1] : words[3]}`,
  });
  return [
    one("MemoryPressure", memory, [
      "KubeletHasInsufficientMemory",
      "insufficient memory available",
      "KubeletHasSufficientMemory",
      "sufficient memory available",
    ]),
    one("DiskPressure", disk, [
      "KubeletHasDiskPressure",
      "disk pressure",
      "KubeletHasNoDiskPressure",
      "no disk pressure",
    ]),
    one("PIDPressure", pid, [
      "KubeletHasInsufficientPID",
      "insufficient PID available",
      "KubeletHasSufficientPID",
      "sufficient PID available",
    ]),
  ];
}

function readyFinding(runtime: RuntimeCondition, network: RuntimeCondition): Finding {
  const wrong = [
    ...(runtime.ready ? [] : [`container runtime not ready: RuntimeReady=false ${why(runtime)}`]),
    ...(network.ready
      ? []
      : [`container runtime network not ready: NetworkReady=false ${why(network)}`]),
  ];
  if (wrong.length > 0) {
    return { type: "Ready", status: "False", reason: "KubeletNotReady", message: wrong.join(", ") };
  }
  const message = "kubelet is posting ready status";
  return { type: "Ready", status: "True", reason: "KubeletReady", message };
}

const why = ({ reason, message }: RuntimeCondition): string =>
  `reason:${reason} message:${message}`;

function conditions(input: NodeStatusInput): NodeCondition[] {
  const time = formatTime(new Date(input.now));
  const own = [...pressureFindings(input.pressure), readyFinding(input.runtime, input.network)];
  const before = input.old?.conditions ?? [];
  const mine = own.map((finding) => {
    const old = before.find(({ type }) => type === finding.type);
    const since = old?.status === finding.status ? (old.lastTransitionTime ?? time) : time;
    return { ...finding, lastHeartbeatTime: time, lastTransitionTime: since };
  });
  return mine;
}

/** What the agent can do that other agents of this version need not; sorted. */
const declaredFeatures = ["InPlacePodVerticalScalingInitContainers"] as const;

export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { machine, nodeName } = input;
  return {
    capacity: capacity(machine),
    allocatable: allocatable(machine),
    conditions: conditions(input),
    addresses: [
      ...input.addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: input.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
    images: nodeImages(input.images),
    declaredFeatures: [...declaredFeatures],
  };
}

/** The largest first, as upstream; beyond the limit the scheduler does without. */
function nodeImages(images: readonly RuntimeImage[]): NonNullable<NodeStatus["images"]> {
  return [...images]
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1))
    .slice(0, imagesMax)
    .map(({ names, sizeBytes }) => ({ names: names.slice(0, namesPerImageMax), sizeBytes }));
}
