/** Requests and limits as the kernel takes them: shares, quota, bytes, oom score. Pure. */
import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { Pod, ResourceRequirements } from "#gen/api/core/v1.ts";
import type { LinuxContainerResources } from "./cri/runtime.ts";
import { qosClass } from "./qos.ts";

/** The kernel's bounds of cpu.shares. */
const sharesMin = 2;
const sharesMax = 262_144;
const quotaPeriodMicroseconds = 100_000;
/** The kernel refuses a quota below a millisecond. */
const quotaMin = 1000;
const sandboxOomScore = -998;
const systemNodeCriticalPriority = 2_000_001_000;

export function cpuShares(milli: number): number {
  if (milli === 0) return sharesMin;
  return Math.min(Math.max(Math.floor((milli * 1024) / 1000), sharesMin), sharesMax);
}

/** Upstream's GetContainerOOMScoreAdjust: the less of its memory a container asked for, the sooner it goes. */
export function oomScore(
  pod: Pod,
  resources: ResourceRequirements | undefined,
  memoryBytes: number,
): number {
  if ((pod.spec.priority ?? 0) >= systemNodeCriticalPriority) return -997;
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const request = quantityValue(resources?.requests?.["memory"] ?? "0");
  const score = 1000 - Math.floor((1000 * request) / memoryBytes);
  return score < 3 ? 3 : score === 1000 ? 999 : score;
}

export function containerResources(
  pod: Pod,
  resources: ResourceRequirements | undefined,
  memoryBytes: number,
): LinuxContainerResources {
  const cpuLimit = resources?.limits?.["cpu"];
  const cpuRequest = resources?.requests?.["cpu"] ?? cpuLimit ?? "0";
  const memoryLimit = resources?.limits?.["memory"];
  const quota = cpuLimit === undefined ? 0 : quantityMilli(cpuLimit) * 100;
  return {
    cpuShares: BigInt(cpuShares(quantityMilli(cpuRequest))),
    cpuPeriod: BigInt(quotaPeriodMicroseconds),
    cpuQuota: BigInt(quota === 0 ? 0 : Math.max(quota, quotaMin)),
    memoryLimitInBytes: BigInt(memoryLimit === undefined ? 0 : quantityValue(memoryLimit)),
    oomScoreAdj: BigInt(oomScore(pod, resources, memoryBytes)),
  };
}

export function sandboxResources(): LinuxContainerResources {
  return { cpuShares: BigInt(sharesMin), oomScoreAdj: BigInt(sandboxOomScore) };
}

/** `/kubepods/burstable/pod<uid>`: upstream's tree (cgroupfs driver). */
export function cgroupParent(pod: Pod): string {
  const qos = qosClass(pod);
  const branch = qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`;
  return `/kubepods${branch}/pod${pod.metadata.uid}`;
}
