import { expect, test } from "bun:test";
import type { Result } from "./e2e.ts";
import { groupsOf, sigOf } from "./groups.ts";
import { concerns, isPassing, readState, regressions, stateAfter } from "./state.ts";
import { tableOf } from "./table.ts";

const result = (name: string, passed: boolean): Result => ({
  test: name,
  passed,
  seconds: 1,
  why: "",
});
const results = (...all: readonly Result[]) => new Map(all.map((one) => [one.test, one]));

test("the state names every test once, and the table sums it", () => {
  const state = readState();
  expect(state.size).toBe(462);
  const passing = [...state.values()].filter(isPassing).length;
  expect(tableOf(state)).toContain(`| all | 462 | ${passing} |`);
  expect([...state.keys()].map(sigOf)).not.toContain("other");
});

test("a pass is kept where it needs least, a failure takes it away where it was had", () => {
  const before = new Map([
    ["a", "simulated"],
    ["b", "containerd"],
    ["c", "needs webhooks"],
    ["d", "not run yet"],
  ]);
  const after = (runtime: "simulated" | "containerd", ...all: readonly Result[]) => [
    ...stateAfter(before, ["a", "b", "c", "d"], results(...all), runtime).values(),
  ];
  expect(after("containerd", result("a", true), result("d", true))).toEqual([
    "simulated",
    "containerd",
    "needs webhooks",
    "containerd",
  ]);
  expect(after("simulated", result("a", false), result("b", true), result("c", false))).toEqual([
    "fails",
    "simulated",
    "needs webhooks",
    "not run yet",
  ]);
});

test("a regression is a pass of this kind of node that is lost", () => {
  const before = new Map([
    ["a", "simulated"],
    ["b", "containerd"],
  ]);
  const failed = [result("a", false), result("b", false)];
  expect(regressions(before, failed, "simulated")).toEqual(["a"]);
  expect(regressions(before, failed, "containerd")).toEqual(["b"]);
});

test("each kind of node is asked what it can answer", () => {
  expect(concerns("simulated", "containerd")).toBe(false);
  expect(concerns("containerd", "simulated")).toBe(false);
  expect(concerns("simulated", "fails")).toBe(true);
  expect(concerns("containerd", undefined)).toBe(true);
  expect(concerns("containerd", "needs webhooks")).toBe(false);
  const withDns = "containerd with cluster DNS";
  expect([concerns(withDns, "containerd"), concerns("containerd", withDns)]).toEqual([true, false]);
});

test("serial tests stand in groups of their own", () => {
  const names = ["[sig-apps] Job a", "[sig-apps] Job b [Serial]", "[sig-apps] Job c"];
  expect(groupsOf(names, 1).map(({ tests, serial }) => [tests.length, serial])).toEqual([
    [1, false],
    [1, false],
    [1, true],
  ]);
});
