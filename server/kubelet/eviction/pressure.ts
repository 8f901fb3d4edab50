/** What a node does when memory, disk or process ids run out: upstream's hard eviction, with its words. Pure. */
import { quantityValue } from "#apimachinery/quantity.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Pressure } from "#kubelet/node-status.ts";
import { qosClass } from "#kubelet/qos.ts";
import type { Verdict } from "#kubelet/status.ts";
import { podRequests } from "#resources/core/v1/pod-requests.ts";

/** Upstream's critical pods: never evicted, admitted under any pressure. */
const criticalPriority = 2_000_000_000;
/** Pressure is told this long after it was seen last, so that a node does not fill up at once again. */
const transitionMilliseconds = 5 * 60_000;

export type Starved = "memory" | "ephemeral-storage";

/** What a machine has left of a resource, and below what it is short of it; bytes. */
export interface Reserve {
  readonly available: number;
  readonly threshold: number;
}

export interface Reserves {
  readonly memory: Reserve;
  readonly disk: Reserve;
}

/** What runs of one pod, and what it uses of the resource that is short: bytes, by container. */
export interface Candidate {
  readonly pod: Pod;
  readonly containers: ReadonlyMap<string, number>;
  /** Used outside of containers. */
  readonly beside: number;
}

export const isCritical = ({ metadata, spec }: Pod): boolean =>
  (spec.priority ?? 0) >= criticalPriority ||
  metadata.annotations?.["kubernetes.io/config.source"] === "file";

const usedBy = ({ containers, beside }: Candidate): number =>
  [...containers.values()].reduce((a, b) => a + b, beside);

const units = ["", "Ki", "Mi", "Gi", "Ti"] as const;

/** In the largest unit of which it is a whole number, as quantities are written. */
function bytes(value: number): string {
  let [amount, power] = [Math.max(0, Math.trunc(value)), 0];
  for (; amount > 0 && amount % 1024 === 0 && power < units.length - 1; power += 1) amount /= 1024;
  return `${amount}${units[power]}`;
}

/** The pod to go first: one that uses more than it asked for, of the lowest priority, with the most beyond its request. */
export function victimOf(candidates: readonly Candidate[], of: Starved): Candidate | undefined {
  const ranked = candidates
    .filter(({ pod }) => !isCritical(pod))
    .map((candidate) => {
      const requested = quantityValue(podRequests(candidate.pod)[of] ?? "0");
      const beyond = usedBy(candidate) - requested;
      return { candidate, beyond, priority: candidate.pod.spec.priority ?? 0 };
    });
  ranked.sort(
    (a, b) =>
      Number(b.beyond > 0) - Number(a.beyond > 0) || a.priority - b.priority || b.beyond - a.beyond,
  );
  return ranked[0]?.candidate;
}

export function lowOn(of: Starved, reserve: Reserve, { pod, containers }: Candidate): string {
  const low = `The node was low on resource: ${of}. Threshold quantity: ${bytes(reserve.threshold)}, available: ${bytes(reserve.available)}. `;
  const users = pod.spec.containers.flatMap(({ name, resources }) => {
    const used = containers.get(name) ?? 0;
    const request = resources?.requests?.[of] ?? "0";
    if (used <= quantityValue(request)) return [];
    return `Container ${name} was using ${bytes(used)}, request is ${request}, has larger consumption of ${of}. `;
  });
  return low + users.join("");
}

/** Under pressure a node takes only what cannot make it worse, or must run. Undefined: admitted. */
export function refusalUnder(pod: Pod, pressure: Pressure): Verdict | undefined {
  if (isCritical(pod)) return undefined;
  const { memory, disk, pid } = pressure;
  const names = [
    ...(memory ? ["MemoryPressure"] : []),
    ...(disk ? ["DiskPressure"] : []),
    ...(pid ? ["PIDPressure"] : []),
  ];
  if (names.length === 0) return undefined;
  if (memory && !disk && !pid && (qosClass(pod) !== "BestEffort" || toleratesMemory(pod)))
    return undefined;
  const message = `The node had condition: [${names.join(" ")}]. `;
  return { reason: "Evicted", message: `Pod was rejected: ${message}` };
}

function toleratesMemory({ spec }: Pod): boolean {
  const taint = "node.kubernetes.io/memory-pressure";
  return (spec.tolerations ?? []).some(
    ({ key = "", effect = "" }) =>
      (key === taint || key === "") && (effect === "NoSchedule" || effect === ""),
  );
}

export const noPressure: Pressure = { memory: false, disk: false, pid: false };

const isShort = ({ available, threshold }: Reserve): boolean => available < threshold;

/** Process ids have no threshold unless somebody sets one, as upstream. */
export function pressureFrom({ memory, disk }: Reserves): Pressure {
  return { memory: isShort(memory), disk: isShort(disk), pid: false };
}

/** Pressure as it is told: seen now, or a while ago. */
export class HeldPressure {
  readonly #last = new Map<keyof Pressure, number>();

  seen(pressure: Pressure, now: number): Pressure {
    const held = (kind: keyof Pressure): boolean => {
      if (pressure[kind]) this.#last.set(kind, now);
      const last = this.#last.get(kind);
      return last !== undefined && now - last < transitionMilliseconds;
    };
    return { memory: held("memory"), disk: held("disk"), pid: held("pid") };
  }
}
