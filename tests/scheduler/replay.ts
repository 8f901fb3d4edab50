/** Replays recorded scenarios against anything that can think about one pod, and lists differences. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { Scenario, TraceStep } from "./traces.ts";

/** What is compared: totals of the feasible nodes, plugin scores, and the sentence if none fits. */
export interface Answer {
  readonly scores: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly totals: ReadonlyMap<string, number>;
  readonly chosen?: string | undefined;
  readonly message?: string | undefined;
  /** Where evicting pods ("namespace/name", sorted) lets it in, of nodes that cost alike. */
  readonly makesRoom?: ReadonlyMap<string, readonly string[]> | undefined;
}

export interface Replayer {
  decide(pod: Pod): Answer;
  bind(pod: Pod, node: string): void;
  /** By "namespace/name". Who cannot, skips the steps that need it. */
  evict?(key: string): void;
}

export function podName({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Upstream's words for room that it makes; which of equal nodes it names is chance. */
const placement =
  / preemption: found a potential placement for pod on node (\S+), preempting (\d+) victims$/;

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
      if ((theirs[plugin] ?? 0) === (mine[plugin] ?? 0)) continue;
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

interface Room {
  readonly node: string;
  /** undefined: not recorded. */
  readonly victims: readonly string[] | undefined;
}

/** Where upstream made room, by the step's own fields or else by its message. */
function roomOf({ message, node, nominated, victims }: TraceStep): Room | undefined {
  const said = placement.exec(message ?? "")?.[1];
  const where = nominated ?? said ?? (victims?.length ? (node ?? undefined) : undefined);
  return where === undefined ? undefined : { node: where, victims: victims && [...victims].sort() };
}

function roomDifferences(step: TraceStep, room: Room, answer: Answer): string[] {
  if (answer.totals.size > 0) return [`fits ${[...answer.totals.keys()]}, preempts upstream`];
  const found: string[] = [];
  const best = answer.makesRoom ?? new Map();
  const mine = best.get(room.node);
  if (mine === undefined) {
    found.push(`preempts on ${room.node} upstream, here on ${[...best.keys()].join(" or ")}`);
  } else if (room.victims !== undefined && mine.join() !== room.victims.join()) {
    found.push(`victims on ${room.node}: upstream ${room.victims}, here ${mine}`);
  }
  const told = step.message?.replace(placement, "");
  const here = answer.message?.replace(placement, "");
  if (told !== undefined && here !== undefined && told !== here)
    found.push(`message\n  upstream: ${told}\n  here:     ${here}`);
  const victims = placement.exec(step.message ?? "")?.[2];
  if (mine !== undefined && victims !== undefined && Number(victims) !== mine.length)
    found.push(`${victims} victims upstream, here ${mine.length}`);
  return found;
}

/** Who had to go is gone, and the pod stands where it went afterwards. */
function makeRoom(step: TraceStep, room: Room, answer: Answer, replayer: Replayer): string[] {
  for (const key of room.victims ?? answer.makesRoom?.get(room.node) ?? []) replayer.evict?.(key);
  const { node, pod } = step;
  if (node === null) return [];
  const fits = replayer.decide(pod).totals.has(node);
  replayer.bind(pod, node);
  return fits ? [] : [`${node} takes it upstream once its victims are gone`];
}

/** Differences of one scenario, each naming its step. */
export function replay(scenario: Scenario, open: (scenario: Scenario) => Replayer): string[] {
  const replayer = open(scenario);
  const found: string[] = [];
  for (const step of scenario.steps) {
    const where = `seed ${scenario.seed} ${step.pod.metadata.namespace}/${step.pod.metadata.name}`;
    const answer = replayer.decide(step.pod);
    const room = roomOf(step);
    const lines =
      room === undefined ? stepDifferences(step, answer) : roomDifferences(step, room, answer);
    if (room !== undefined) lines.push(...makeRoom(step, room, answer, replayer));
    else if (step.node !== null && step.left !== true) replayer.bind(step.pod, step.node);
    for (const line of lines) found.push(`${where}: ${line}`);
  }
  return found;
}
