import { expect, test } from "bun:test";
import { V_FILTER, V_NODE_QUESTION, V_REASONS, V_UNRESOLVABLE } from "#gen/scheduler-abi.ts";
import { reasonsOf } from "#scheduler/reasons.ts";
import { needNames, nodeQuestions } from "./node-questions.ts";
import { plugins } from "./registry.ts";

test("a verdict's filter is one plugin's, and each reason has its own bit", () => {
  const owners = new Map<number, string>();
  for (const { name, reasons = [] } of plugins) {
    const bits = reasons.map(([verdict]) => verdict & V_REASONS);
    expect(new Set(bits).size).toBe(bits.length);
    for (const [verdict] of reasons) {
      const filter = verdict & V_FILTER;
      expect(owners.get(filter) ?? name).toBe(name);
      expect(filter).toBeLessThan(V_NODE_QUESTION & V_FILTER);
      owners.set(filter, name);
    }
  }
});

test("plugins that can refuse say why", () => {
  for (const { name, points, reasons, ofNode } of plugins) {
    if (points.includes("filter")) expect([name, reasons ?? ofNode]).not.toEqual([name, undefined]);
  }
});

test("a question of pod and node has a verdict of its own, which no eviction lifts", () => {
  for (const { verdict, phrase } of nodeQuestions) {
    expect(reasonsOf(verdict, { requests: [], drivers: [] })).toEqual([phrase]);
    expect(verdict & V_UNRESOLVABLE).not.toBe(0);
  }
});

test("what a pod needs of its node tells pods apart", () => {
  const containers = [{ name: "c" }];
  expect(needNames({ containers })).toEqual([]);
  expect(needNames({ containers, hostNetwork: true, hostUsers: false })).toEqual([
    "NodeDeclaredFeatures UserNamespacesHostNetworkSupport",
  ]);
});
