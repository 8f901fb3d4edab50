/** Looks at the node every ten seconds: pods beyond their limits on disk go, and one more while the machine runs short. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { ContainerUsage } from "#kubelet/cri/runtime.ts";
import type { NodeContext } from "#kubelet/node-context.ts";
import { podDisk } from "./disk-usage.ts";
import { diskExcess, diskOf, hasDiskLimits } from "./local-storage.ts";
import {
  type Candidate,
  lowOn,
  pressureFrom,
  type Reserves,
  type Starved,
  victimOf,
} from "./pressure.ts";

/** A pod that may be ended. */
export interface Evictable {
  readonly pod: Pod;
  /** It was evicted, and is not gone yet. */
  readonly evicted: boolean;
  evict(message: string): void;
}

export async function evictOnce(
  node: NodeContext,
  running: readonly Evictable[],
  reserves: Reserves,
): Promise<void> {
  const { memory, disk } = pressureFrom(reserves);
  const short: Starved | undefined = memory ? "memory" : disk ? "ephemeral-storage" : undefined;
  const limited = running.filter(({ pod, evicted }) => !evicted && hasDiskLimits(pod));
  if (short === undefined && limited.length === 0) return;
  const usage = await node.runtime.usage();
  const of = (pod: Pod): readonly ContainerUsage[] =>
    usage.filter(({ podUid }) => podUid === pod.metadata.uid);
  for (const one of limited) {
    const excess = diskExcess(one.pod, await podDisk(node.dataDir, one.pod, of(one.pod)));
    if (excess !== undefined) one.evict(excess);
  }
  // What one pod leaves behind may be enough: the next is not chosen before it is gone.
  if (short === undefined || running.some(({ evicted }) => evicted)) return;
  const reserve = short === "memory" ? reserves.memory : reserves.disk;
  const candidates = await Promise.all(
    running.map(({ pod }) => candidateOf(node, pod, of(pod), short)),
  );
  const victim = victimOf(candidates, short);
  if (victim === undefined) return;
  running.find(({ pod }) => pod === victim.pod)?.evict(lowOn(short, reserve, victim));
}

async function candidateOf(
  node: NodeContext,
  pod: Pod,
  usage: readonly ContainerUsage[],
  of: Starved,
): Promise<Candidate> {
  if (of === "memory") {
    const containers = new Map(usage.map(({ name, memoryBytes }) => [name, memoryBytes]));
    return { pod, containers, beside: 0 };
  }
  const disk = await podDisk(node.dataDir, pod, usage);
  return {
    pod,
    containers: disk.containers,
    beside: diskOf({ ...disk, containers: new Map() }),
  };
}
