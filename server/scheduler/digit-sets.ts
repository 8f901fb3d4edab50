/** A score of nodes as the module reads it: sets of nodes, one a binary digit. */
import type { NodeFacts } from "./node-facts.ts";
import type { NodeTable } from "./node-table.ts";

/** Scores go from 0 to 100. */
const digits = 7;

/** [set, what its nodes score more]. `signature`: equal where nodes score alike. */
export function digitSets(
  nodes: NodeTable,
  signature: string,
  scoreOf: (node: NodeFacts) => number,
): (readonly [set: number, more: number])[] {
  return Array.from({ length: digits }, (_, digit) => {
    const has = (node: NodeFacts) => ((scoreOf(node) >> digit) & 1) === 1;
    return [nodes.setId(`${signature} ${digit}`, has), 1 << digit] as const;
  });
}
