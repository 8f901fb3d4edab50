/** Replays recorded scenarios against anything that can think about one pod, and lists differences. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { Scenario, TraceStep } from "./traces.ts";

/** What is compared: totals of the feasible nodes, plugin scores, and the sentence if none fits. */
export interface Answer {
  readonly scores: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly totals: ReadonlyMap<string, number>;
  readonly chosen?: string | undefined;
  readonly message?: string | undefined;
}

export interface Replayer {
  decide(pod: Pod): Answer;
  bind(pod: Pod, node: string): void;
}

/** Upstream's plugins that always say 0 without volumes and claims. */
const unscored = new Set(["VolumeBinding", "DynamicResources"]);

function scoreDifferences(step: TraceStep, answer: Answer): string[] {
  const found: string[] = [];
  for (const [node, total] of Object.entries(step.total)) {
    const mine = answer.scores.get(node);
    if (mine === undefined) {
      found.push(`${node} is feasible upstream`);
      continue;
    }
    const theirs = step.scores[node] ?? {};
    for (const plugin of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      if (unscored.has(plugin) || (theirs[plugin] ?? 0) === (mine[plugin] ?? 0)) continue;
      found.push(`${node} ${plugin}: upstream ${theirs[plugin]}, here ${mine[plugin]}`);
    }
    if (answer.totals.get(node) !== total) {
      found.push(`${node} total: upstream ${total}, here ${answer.totals.get(node)}`);
    }
  }
  return found;
}

export function stepDifferences(step: TraceStep, answer: Answer): string[] {
  const theirs = Object.keys(step.total);
  const feasible = theirs.length === 0 && step.node !== null ? [step.node] : theirs;
  const found: string[] = [];
  for (const node of answer.totals.keys()) {
    if (!feasible.includes(node)) found.push(`${node} is not feasible upstream`);
  }
  for (const node of feasible) {
    if (!answer.totals.has(node)) found.push(`${node} is feasible upstream`);
  }
  if (found.length > 0) return found;
  found.push(...scoreDifferences(step, answer));
  if (answer.chosen !== undefined && theirs.length > 0) {
    const best = Math.max(...Object.values(step.total));
    if (step.total[answer.chosen] !== best)
      found.push(`chose ${answer.chosen}, not among the best`);
  }
  if (answer.message !== undefined && step.message !== null && answer.message !== step.message) {
    found.push(`message\n  upstream: ${step.message}\n  here:     ${answer.message}`);
  }
  return found;
}

/** Differences of one scenario, each naming its step. */
export function replay(scenario: Scenario, open: (scenario: Scenario) => Replayer): string[] {
  const replayer = open(scenario);
  const found: string[] = [];
  for (const step of scenario.steps) {
    const where = `seed ${scenario.seed} ${step.pod.metadata.namespace}/${step.pod.metadata.name}`;
    for (const line of stepDifferences(step, replayer.decide(step.pod)))
      found.push(`${where}: ${line}`);
    if (step.node !== null) replayer.bind(step.pod, step.node);
  }
  return found;
}
