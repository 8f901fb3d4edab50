/** The sentence of FailedScheduling: how many nodes refused for which reason, in upstream's words and order. */
import {
  V_AFFINITY,
  V_ANTI_AFFINITY,
  V_EXISTING_ANTI,
  V_FIRST_REQUEST,
  V_NODE_AFFINITY,
  V_NODE_NAME,
  V_PORTS,
  V_REQUESTS_MAX,
  V_SPREAD,
  V_SPREAD_LABEL,
  V_TAINT,
  V_TOO_MANY_PODS,
  V_UNRESOLVABLE,
  V_UNSCHEDULABLE,
} from "#gen/scheduler-abi.ts";

const phrases = [
  [V_UNSCHEDULABLE, "node(s) were unschedulable"],
  [V_NODE_NAME, "node(s) didn't match the requested node name"],
  [V_TAINT, "node(s) had untolerated taint(s)"],
  [V_NODE_AFFINITY, "node(s) didn't match Pod's node affinity/selector"],
  [V_PORTS, "node(s) didn't have free ports for the requested pod ports"],
  [V_TOO_MANY_PODS, "Too many pods"],
  [V_SPREAD, "node(s) didn't match pod topology spread constraints"],
  [V_SPREAD_LABEL, "node(s) didn't match pod topology spread constraints (missing required label)"],
  [V_AFFINITY, "node(s) didn't match pod affinity rules"],
  [V_ANTI_AFFINITY, "node(s) didn't match pod anti-affinity rules"],
  [V_EXISTING_ANTI, "node(s) didn't satisfy existing pods anti-affinity rules"],
] as const;

export interface Refused {
  /** Verdict bits -> how many of the nodes that were asked gave them. */
  readonly verdicts: ReadonlyMap<number, number>;
  /** Names of the pod's requests, in the order of their verdict bits. */
  readonly requests: readonly string[];
  /** Nodes never asked since the pod's affinity names another one. */
  readonly notAsked: number;
  readonly preemption: "no victims" | "never" | "unknown";
}

function count(tally: Map<string, number>, reason: string, times: number): void {
  if (times > 0) tally.set(reason, (tally.get(reason) ?? 0) + times);
}

/** "0/3 nodes are available: 1 Too many pods, 2 node(s) were unschedulable." */
function sentence(nodes: number, tally: ReadonlyMap<string, number>): string {
  const parts = [...tally].map(([reason, times]) => `${times} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(", ")}.`;
}

/** The phrases of one node's verdict. */
export function reasonsOf(verdict: number, requests: readonly string[]): string[] {
  const fixed = phrases.filter(([bit]) => (verdict & bit) !== 0).map(([, phrase]) => phrase);
  const short = requests.filter(
    (_, index) => (verdict & (V_FIRST_REQUEST << Math.min(index, V_REQUESTS_MAX - 1))) !== 0,
  );
  return [...fixed, ...short.map((name) => `Insufficient ${name}`)];
}

/** Upstream's message of the PodScheduled=False condition and of the event. */
export function refusalSentence({ verdicts, requests, notAsked, preemption }: Refused): string {
  let asked = 0;
  let hopeless = notAsked;
  const tally = new Map<string, number>();
  for (const [verdict, times] of verdicts) {
    asked += times;
    if ((verdict & V_UNRESOLVABLE) !== 0) hopeless += times;
    for (const reason of reasonsOf(verdict, requests)) count(tally, reason, times);
  }
  const nodes = asked + notAsked;
  if (nodes === 0) return "no nodes available to schedule pods";
  count(tally, "node(s) didn't satisfy plugin(s) [NodeAffinity]", notAsked);
  const filters = sentence(nodes, tally);
  if (preemption === "unknown") return filters;
  if (preemption === "never") {
    return `${filters} preemption: not eligible due to preemptionPolicy=Never.`;
  }
  const victims = new Map<string, number>();
  count(victims, "Preemption is not helpful for scheduling", hopeless);
  count(victims, "No preemption victims found for incoming pod", nodes - hopeless);
  return `${filters} preemption: ${sentence(nodes, victims)}`;
}
