import { expect, test } from "bun:test";
import type { HPAScalingRules } from "#gen/api/autoscaling/v2.ts";
import { type History, limitByRules, limitPlainly, type Rules, withChange } from "./limits.ts";

const now = new Date("2026-01-01T01:00:00Z");
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const empty: History = { recommendations: [], ups: [], downs: [] };
const recent = (...pairs: readonly [number, number][]): History => ({
  ...empty,
  recommendations: pairs.map(([seconds, replicas]) => ({ replicas, at: ago(seconds) })),
});

const rules = (up: HPAScalingRules, down: HPAScalingRules = {}): Rules => ({
  scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: "Max", ...up },
  scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: "Max", ...down },
});
const percent = (value: number, periodSeconds = 60) => ({ type: "Percent", value, periodSeconds });
const count = (value: number, periodSeconds = 60) => ({ type: "Pods", value, periodSeconds });

const plainly = (current: number, desired: number, history = empty, max = 100) =>
  limitPlainly({ current, desired, min: 1, max }, history, now);
const byRules = (current: number, desired: number, of: Rules, history = empty) =>
  limitByRules({ current, desired, min: 1, max: 1000 }, of, history, now);
const reasons = ({ conditions }: ReturnType<typeof plainly>): string =>
  conditions.map(({ reason, status }) => `${reason} ${status}`).join(", ");

test("without a behavior a target doubles at most, or reaches four", () => {
  expect(plainly(1, 50).replicas).toBe(4);
  expect(plainly(10, 50).replicas).toBe(20);
  expect(reasons(plainly(10, 50))).toBe("ReadyForNewScale True, ScaleUpLimit True");
  expect(reasons(plainly(10, 50, empty, 15))).toBe("ReadyForNewScale True, TooManyReplicas True");
  expect(reasons(plainly(2, 0))).toBe("ReadyForNewScale True, TooFewReplicas True");
});

test("down goes only to the highest recommendation of five minutes", () => {
  const history = recent([400, 9], [200, 7], [60, 3]);
  const held = plainly(8, 2, history);
  expect(held.replicas).toBe(7);
  expect(reasons(held)).toBe("ScaleDownStabilized True, DesiredWithinRange False");
  expect(held.recommendations.map(({ replicas }) => replicas)).toEqual([7, 3, 2]);
});

test("policies: the greatest change, the smallest, none", () => {
  const both = [count(4), percent(100)];
  expect(byRules(3, 50, rules({ policies: both })).replicas).toBe(7);
  expect(byRules(10, 50, rules({ policies: both })).replicas).toBe(20);
  expect(byRules(10, 50, rules({ policies: both, selectPolicy: "Min" })).replicas).toBe(14);
  expect(byRules(10, 50, rules({ selectPolicy: "Disabled" })).replicas).toBe(10);
  const down = rules({}, { policies: [count(3), percent(50)] });
  expect(byRules(10, 1, down).replicas).toBe(5);
  const least = rules({}, { policies: [count(3), percent(50)], selectPolicy: "Min" });
  expect(byRules(10, 1, least).replicas).toBe(7);
  expect(reasons(byRules(10, 1, least))).toBe("ReadyForNewScale True, ScaleDownLimit True");
});

test("a share of one still lets it grow", () => {
  expect(byRules(1, 50, rules({ policies: [percent(10)] })).replicas).toBe(2);
});

test("what was changed within the period of a policy is a part of its allowance", () => {
  const of = rules({ policies: [count(4, 60)] });
  const once = withChange(empty, of, { current: 10, desired: 13 }, ago(30));
  expect(byRules(13, 50, of, once).replicas).toBe(14);
  const earlier = withChange(empty, of, { current: 10, desired: 13 }, ago(90));
  expect(byRules(13, 50, of, earlier).replicas).toBe(17);
  const downs = rules({}, { policies: [count(4, 60)] });
  const shrunk = withChange(empty, downs, { current: 20, desired: 17 }, ago(30));
  expect(byRules(17, 1, downs, shrunk).replicas).toBe(16);
});

test("windows hold back in both directions", () => {
  const policies = [percent(1000)];
  const slow = rules({ policies, stabilizationWindowSeconds: 120 });
  const up = byRules(5, 9, slow, recent([60, 6], [300, 1]));
  expect([up.replicas, reasons(up)]).toEqual([
    6,
    "ScaleUpStabilized True, DesiredWithinRange False",
  ]);
  const down = rules({}, { policies: [percent(100)], stabilizationWindowSeconds: 120 });
  expect(byRules(9, 2, down, recent([60, 6], [300, 20])).replicas).toBe(6);
});
