/** The filters that ask pod and node alone (`ofNode`), numbered for the module: each has a verdict of its own. */

import { assert } from "#apimachinery/assert.ts";
import type { PodSpec } from "#gen/api/core/v1.ts";
import {
  V_FILTER_SHIFT,
  V_NODE_QUESTION,
  V_NODE_QUESTIONS_MAX,
  V_UNRESOLVABLE,
} from "#gen/scheduler-abi.ts";
import { comesTrue, type Hint, type Need, type NodeQuestion } from "./plugin.ts";
import { type PluginName, plugins } from "./registry.ts";

interface Numbered extends NodeQuestion {
  readonly plugin: PluginName;
  /** Of a node that does not have what the pod needs. */
  readonly verdict: number;
}

export const nodeQuestions: readonly Numbered[] = plugins
  .flatMap(({ name, ofNode }) => (ofNode === undefined ? [] : [{ plugin: name, ...ofNode }]))
  .map((question, index) => {
    assert(index < V_NODE_QUESTIONS_MAX, "the module has no verdict for so many filters");
    return { ...question, verdict: (V_NODE_QUESTION + (index << V_FILTER_SHIFT)) | V_UNRESOLVABLE };
  });

const none: readonly string[] = [];

/** Equal for pods that all these filters answer alike. */
export function needNames(spec: PodSpec): readonly string[] {
  let names = none;
  for (const { plugin, needs } of nodeQuestions)
    for (const { name } of needs(spec)) names = [...names, `${plugin} ${name}`];
  return names;
}

const meetsAll = (needs: readonly Need[]) => (node: Parameters<Need["met"]>[0]) =>
  needs.every(({ met }) => met(node));

/** A node helps that has now what the pod needs. */
export const hintOf = ({ needs }: NodeQuestion): Hint => ({
  node: ({ spec }, change) => comesTrue(change, meetsAll(needs(spec))),
});
