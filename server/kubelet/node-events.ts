/** What is told of a node when its conditions turn: upstream's words for it. Pure. */
import type { NodeStatus } from "#gen/api/core/v1.ts";

/** [when it became True, when it became False] */
const reasons: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["Ready", ["NodeReady", "NodeNotReady"]],
  ["MemoryPressure", ["NodeHasInsufficientMemory", "NodeHasSufficientMemory"]],
  ["DiskPressure", ["NodeHasDiskPressure", "NodeHasNoDiskPressure"]],
  ["PIDPressure", ["NodeHasInsufficientPID", "NodeHasSufficientPID"]],
]);

const turn = (status: NodeStatus, type: string): string | undefined =>
  status.conditions?.find((condition) => condition.type === type)?.status;

/** The reasons of the events between two statuses of one node. */
export function conditionEvents(before: NodeStatus, after: NodeStatus): readonly string[] {
  return [...reasons].flatMap(([type, [whenTrue, whenFalse]]) => {
    const now = turn(after, type);
    if (now === undefined || now === turn(before, type)) return [];
    return now === "True" ? [whenTrue] : [whenFalse];
  });
}

/** Events that somebody has to do something about. */
export const troubles: ReadonlySet<string> = new Set([
  "NodeNotReady",
  "NodeHasInsufficientMemory",
  "NodeHasDiskPressure",
  "NodeHasInsufficientPID",
]);
