/** How a profile scores resources, written into a class: nothing for upstream's defaults, lists otherwise. */
import {
  FIT_LEAST,
  FIT_MOST,
  FIT_RATIO,
  K_BALANCED,
  K_FIT_RESOURCES,
  K_FIT_SHAPE,
  K_FIT_STRATEGY,
  NONZERO_CPU,
  NONZERO_MEMORY,
  SCORED_BYTES,
} from "#gen/scheduler-abi.ts";
import type { ClassRecord } from "./class-record.ts";
import type { Subject } from "./constraints.ts";
import type { NodeTable } from "./node-table.ts";
import type { Amounts } from "./pod-requests.ts";
import { hasPlainBalance, hasPlainFit, type ScoredResource } from "./profile.ts";

const strategies = {
  LeastAllocated: FIT_LEAST,
  MostAllocated: FIT_MOST,
  RequestedToCapacityRatio: FIT_RATIO,
};
/** Upstream scores custom shapes from 0 to 10. */
const shapeScale = 10;

const native = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);

/** An extended resource counts only for pods that ask for it. */
function isScored(name: string, requests: Amounts): boolean {
  return native.has(name) || (requests.get(name) ?? 0) > 0;
}

function writeScored(
  record: ClassRecord,
  offset: number,
  {
    resources,
    requests,
    taken,
    nodes,
  }: {
    readonly resources: readonly ScoredResource[];
    readonly requests: Amounts;
    /** What counts as used: NONZERO_* or the resource. */
    readonly taken: (name: string, id: number) => number;
    readonly nodes: NodeTable;
  },
): void {
  const scored = resources.filter(({ name }) => isScored(name, requests));
  const list = record.block(offset, 8 + scored.length * SCORED_BYTES);
  record.number(list, scored.length);
  record.number(list + 4, resources.some(({ name }) => (requests.get(name) ?? 0) > 0) ? 1 : 0);
  scored.forEach(({ name, weight }, index) => {
    const entry = list + 8 + index * SCORED_BYTES;
    const id = nodes.resource(name);
    record.number(entry, id);
    record.number(entry + 4, weight);
    record.number(entry + 8, taken(name, id));
    record.double(entry + 16, requests.get(name) ?? 0);
  });
}

export function writeScoring(
  record: ClassRecord,
  { shape, profile }: Subject,
  nodes: NodeTable,
): void {
  const { fit } = profile;
  record.put(K_FIT_STRATEGY, strategies[fit.type]);
  if (!hasPlainFit(profile) || !shape.comesAsItStays) {
    const taken = (name: string, id: number) =>
      name === "cpu" ? NONZERO_CPU : name === "memory" ? NONZERO_MEMORY : id;
    writeScored(record, K_FIT_RESOURCES, {
      resources: fit.resources,
      requests: shape.incomingScoring,
      taken,
      nodes,
    });
    const points = fit.shape.map(({ utilization, score }) => [utilization, score * shapeScale]);
    record.counted(K_FIT_SHAPE, points);
  }
  if (!hasPlainBalance(profile)) {
    writeScored(record, K_BALANCED, {
      resources: profile.balanced,
      requests: shape.amounts,
      taken: (_, id) => id,
      nodes,
    });
  }
}
