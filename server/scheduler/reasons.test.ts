import { expect, test } from "bun:test";
import {
  V_FIRST_REQUEST_REASON,
  V_FIT,
  V_TAINT,
  V_TOO_MANY_PODS,
  V_UNRESOLVABLE,
} from "#gen/scheduler-abi.ts";
import { refusalSentence, withoutVictims } from "./reasons.ts";

const verdicts = new Map([
  [V_TAINT | V_UNRESOLVABLE, 2],
  [V_TOO_MANY_PODS | V_FIT | (V_FIRST_REQUEST_REASON << 1), 1],
]);
const names = { requests: ["cpu", "example.com/gpu"], drivers: [] };

test("upstream's sentence: reasons counted, sorted as text, preemption after it", () => {
  const filters =
    "0/3 nodes are available: 1 Insufficient example.com/gpu, 1 Too many pods, 2 node(s) had untolerated taint(s).";
  const refused = { verdicts, names, notAsked: 0 };
  expect(refusalSentence({ ...refused, preemption: undefined })).toBe(filters);
  expect(refusalSentence({ ...refused, preemption: { verdicts: withoutVictims(verdicts) } })).toBe(
    `${filters} preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.`,
  );
  expect(
    refusalSentence({
      ...refused,
      preemption: { words: "not eligible due to preemptionPolicy=Never." },
    }),
  ).toBe(`${filters} preemption: not eligible due to preemptionPolicy=Never.`);
});

test("nodes that a DaemonSet's pod does not name are counted, not asked", () => {
  const one = new Map([[V_TOO_MANY_PODS, 1]]);
  expect(refusalSentence({ verdicts: one, names, notAsked: 4, preemption: undefined })).toBe(
    "0/5 nodes are available: 1 Too many pods, 4 node(s) didn't satisfy plugin(s) [NodeAffinity].",
  );
});

test("no node at all", () => {
  expect(refusalSentence({ verdicts: new Map(), names, notAsked: 0, preemption: undefined })).toBe(
    "no nodes available to schedule pods",
  );
});
