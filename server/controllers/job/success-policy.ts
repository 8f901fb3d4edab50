/** successPolicy: an Indexed Job may have succeeded before all of its indexes have. */
import type { Job, SuccessPolicyRule } from "#gen/api/batch/v1.ts";
import { parseIndexes } from "./indexes.ts";

function isMet({ succeededIndexes, succeededCount }: SuccessPolicyRule, done: readonly number[]) {
  const asked = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes);
  const counted = asked === undefined ? done : done.filter((index) => asked.has(index));
  return counted.length >= (succeededCount ?? asked?.size ?? Number.POSITIVE_INFINITY);
}

/** Upstream's sentence about the first rule that is met. */
export function successSentence({ spec }: Job, done: readonly number[]): string | undefined {
  const met = (spec.successPolicy?.rules ?? []).findIndex((rule) => isMet(rule, done));
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}
