/** `/stats/summary`, in upstream's form, as far as CRI tells. Pure. */
import { formatTime } from "#apimachinery/time.ts";
import type { ContainerUsage } from "#kubelet/cri/runtime.ts";
import type { PodUsage, Usage } from "./usage.ts";

const at = (milliseconds: number): string => formatTime(new Date(milliseconds));

function containerSummary(usage: ContainerUsage) {
  const { name, startedAt, time, cpuNanoseconds, cpuNanoCores, memoryBytes, diskBytes } = usage;
  return {
    name,
    startTime: at(startedAt),
    cpu: { time: at(time), usageNanoCores: cpuNanoCores, usageCoreNanoSeconds: cpuNanoseconds },
    memory: { time: at(time), workingSetBytes: memoryBytes },
    rootfs: { time: at(time), usedBytes: diskBytes },
  };
}

function podSummary({ pod, containers }: PodUsage) {
  const { name, namespace = "", uid = "" } = pod.metadata;
  const sum = (value: (one: ContainerUsage) => number): number =>
    containers.reduce((total, one) => total + value(one), 0);
  const time = at(Math.max(0, ...containers.map((one) => one.time)));
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status.startTime ?? null,
    containers: containers.map(containerSummary),
    cpu: {
      time,
      usageNanoCores: sum(({ cpuNanoCores }) => cpuNanoCores),
      usageCoreNanoSeconds: sum(({ cpuNanoseconds }) => cpuNanoseconds),
    },
    memory: { time, workingSetBytes: sum(({ memoryBytes }) => memoryBytes) },
  };
}

export function statsSummary(nodeName: string, { node, pods }: Usage) {
  const time = at(node.time);
  return {
    node: {
      nodeName,
      startTime: at(node.startedAt),
      cpu: { time, usageCoreNanoSeconds: Math.round(node.cpuSeconds * 1e9) },
      memory: {
        time,
        availableBytes: node.memoryAvailableBytes,
        workingSetBytes: node.memoryBytes,
      },
    },
    pods: pods.filter(({ containers }) => containers.length > 0).map(podSummary),
  };
}
