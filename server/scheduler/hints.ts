/**
 * Queueing hints: may an event make a refused pod fit? One question a filter, as upstream's plugins ask them.
 * "No" is only said where it is sure; pods that nothing wakes are tried again after five minutes anyway.
 */
import type { Pod } from "#gen/api/core/v1.ts";
import { filterBit } from "./filter-bits.ts";
import { nodeFacts } from "./node-facts.ts";
import { hintOf, nodeQuestions } from "./plugins/node-questions.ts";
import type { ClusterEvent, Hint } from "./plugins/plugin.ts";
import { plugins } from "./plugins/registry.ts";

/** By the filter's bit. */
const hints: ReadonlyMap<number, Hint> = new Map([
  ...plugins.flatMap(({ hint, reasons: [first] = [] }) =>
    hint === undefined || first === undefined ? [] : [[filterBit(first[0]), hint] as const],
  ),
  ...nodeQuestions.map((question) => [filterBit(question.verdict), hintOf(question)] as const),
]);

/** An event prepared once, asked of many pods. */
export function prepareEvent(event: ClusterEvent): (pod: Pod, filters: number) => boolean {
  if (event.kind === "anything") return () => true;
  const asks = askerOf(event);
  return (pod, filters) => {
    if (filters === 0) return true;
    for (const [bit, hint] of hints) {
      if ((filters & bit) !== 0 && asks(hint, pod)) return true;
    }
    return false;
  };
}

function askerOf(event: ClusterEvent): (hint: Hint, pod: Pod) => boolean {
  if (event.kind === "node") {
    const { node } = event;
    if (node === undefined) return (hint) => hint.nodeGone === true;
    const before = event.before && nodeFacts(event.before);
    const change = { before, now: nodeFacts(node) };
    return (hint, pod) => hint.node?.(pod, change) ?? false;
  }
  if (event.kind === "pod") {
    const change = { before: event.before, now: event.pod };
    return (hint, pod) => hint.pod?.(pod, change) ?? false;
  }
  if (event.kind === "claim") {
    const change = { before: event.before, now: event.claim };
    return (hint, pod) => hint.claim?.(pod, change) ?? false;
  }
  if (event.kind === "deviceClass") return (hint, pod) => hint.deviceClass?.(pod, event) ?? false;
  return (hint) => hint.others?.includes(event.kind) ?? false;
}
