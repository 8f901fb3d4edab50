/** The sentence of FailedScheduling: how many nodes refused for which reason, in upstream's words and order. */
import {
  V_DRIVERS_MAX,
  V_FILTER,
  V_FIRST_DRIVER,
  V_FIRST_REQUEST_REASON,
  V_FIT,
  V_NO_VICTIMS,
  V_NOT_HELPFUL,
  V_REASONS,
  V_REQUESTS_MAX,
  V_UNRESOLVABLE,
} from "#gen/scheduler-abi.ts";
import { nodeQuestions } from "./plugins/node-questions.ts";
import { plugins } from "./plugins/registry.ts";

const phrases: readonly (readonly [verdict: number, phrase: string])[] = [
  ...plugins.flatMap(({ reasons = [] }) => reasons),
  ...nodeQuestions.map(({ verdict, phrase }) => [verdict, phrase] as const),
];

/** What came of the attempt to make room. */
export type PreemptionOutcome =
  /** Why no node can be freed: verdict without the lesser pods -> nodes. */
  | { readonly verdicts: ReadonlyMap<number, number> }
  /** Upstream's own words. */
  | { readonly words: string }
  | undefined;

/** What verdict bits number: a class's requests that NodeResourcesFit looks at, and the drivers of its volumes. */
export interface Names {
  readonly requests: readonly string[];
  readonly drivers: readonly string[];
}

export interface Refused {
  /** Verdict -> how many of the nodes that were asked gave it. */
  readonly verdicts: ReadonlyMap<number, number>;
  readonly names: Names;
  /** Nodes never asked since the pod's affinity names another one. */
  readonly notAsked: number;
  readonly preemption: PreemptionOutcome;
  /** What was done meanwhile for the pod's claims. */
  readonly note?: string | undefined;
}

function count(tally: Map<string, number>, reason: string, times: number): void {
  if (times > 0) tally.set(reason, (tally.get(reason) ?? 0) + times);
}

/** "0/3 nodes are available: 1 Too many pods, 2 node(s) were unschedulable." */
function sentence(nodes: number, tally: ReadonlyMap<string, number>): string {
  const parts = [...tally].map(([reason, times]) => `${times} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(", ")}.`;
}

function says(verdict: number, reason: number): boolean {
  return (verdict & V_FILTER) === (reason & V_FILTER) && (verdict & reason & V_REASONS) !== 0;
}

function driverReason(index: number): number {
  return (V_FIRST_DRIVER & V_FILTER) | ((V_FIRST_DRIVER & V_REASONS) << index);
}

/** The phrases of one node's verdict. */
export function reasonsOf(verdict: number, { requests, drivers }: Names): string[] {
  const fixed = phrases.filter(([reason]) => says(verdict, reason)).map(([, phrase]) => phrase);
  const short = requests.filter((_, index) =>
    says(verdict, V_FIT | (V_FIRST_REQUEST_REASON << Math.min(index, V_REQUESTS_MAX - 1))),
  );
  const missing = drivers.filter((_, index) =>
    says(verdict, driverReason(Math.min(index, V_DRIVERS_MAX - 1))),
  );
  return [
    ...fixed,
    ...short.map((name) => `Insufficient ${name}`),
    ...missing.map((name) => `${name} CSI driver is not installed on the node`),
  ];
}

function tallied(verdicts: ReadonlyMap<number, number>, names: Names): Map<string, number> {
  const tally = new Map<string, number>();
  for (const [verdict, times] of verdicts) {
    for (const reason of reasonsOf(verdict, names)) count(tally, reason, times);
  }
  return tally;
}

/** Upstream's message of the PodScheduled=False condition and of the event. */
export function refusalSentence({ verdicts, names, notAsked, preemption, note }: Refused): string {
  let nodes = notAsked;
  for (const times of verdicts.values()) nodes += times;
  if (nodes === 0) return "no nodes available to schedule pods";
  const tally = tallied(verdicts, names);
  count(tally, "node(s) didn't satisfy plugin(s) [NodeAffinity]", notAsked);
  const asked = sentence(nodes, tally);
  const comma = preemption === undefined ? "" : ",";
  const filters = note === undefined ? asked : `${asked} ${note}${comma}`;
  if (preemption === undefined) return filters;
  if ("words" in preemption) return `${filters} preemption: ${preemption.words}`;
  const victims = tallied(preemption.verdicts, names);
  count(victims, "Preemption is not helpful for scheduling", notAsked);
  return `${filters} preemption: ${sentence(nodes, victims)}`;
}

interface AfterFilters {
  /** DynamicResources is on: it comes first, and finds none of its notes on a pod that no node was asked about. */
  readonly devices: boolean;
  readonly preempts: boolean;
}

/** No node was asked: every one is refused for the same reason, and nobody's leaving would help. */
export function hopelessSentence(
  nodes: number,
  why: string,
  { devices, preempts }: AfterFilters,
): string {
  if (nodes === 0) return "no nodes available to schedule pods";
  const filters = `0/${nodes} nodes are available: ${why}.`;
  if (devices) return `${filters} not found`;
  if (!preempts) return filters;
  const hopeless = `${nodes} Preemption is not helpful for scheduling.`;
  return `${filters} preemption: 0/${nodes} nodes are available: ${hopeless}`;
}

/** What a pod without lesser pods anywhere is told, without asking: nodes by whether eviction could help. */
export function withoutVictims(verdicts: ReadonlyMap<number, number>): Map<number, number> {
  const found = new Map<number, number>();
  for (const [verdict, times] of verdicts) {
    const outcome = (verdict & V_UNRESOLVABLE) !== 0 ? V_NOT_HELPFUL : V_NO_VICTIMS;
    found.set(outcome, (found.get(outcome) ?? 0) + times);
  }
  return found;
}
