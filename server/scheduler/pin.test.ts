import { expect, test } from "bun:test";
import type { NodeSelectorTerm, PodSpec } from "#gen/api/core/v1.ts";
import { pinnedName, withoutPin } from "./pin.ts";

function spec(...nodeSelectorTerms: NodeSelectorTerm[]): PodSpec {
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return {
    containers: [],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } },
  };
}
const named = (...values: string[]) => [{ key: "metadata.name", operator: "In" as const, values }];
const ssd = [{ key: "disk", operator: "In" as const, values: ["ssd"] }];

test("a DaemonSet's pod names its node", () => {
  expect(pinnedName(spec({ matchFields: named("a") }))).toBe("a");
  expect(withoutPin(spec({ matchFields: named("a") }))).toEqual(spec0());
});

test("what else the term says stays", () => {
  const both = spec({ matchFields: named("a"), matchExpressions: ssd });
  expect(pinnedName(both)).toBe("a");
  expect(withoutPin(both)).toEqual(spec({ matchExpressions: ssd }));
});

test("two names, or a term without one, pin nothing", () => {
  expect(pinnedName(spec({ matchFields: named("a", "b") }))).toBeUndefined();
  expect(
    pinnedName(spec({ matchFields: named("a") }, { matchFields: named("b") })),
  ).toBeUndefined();
  expect(pinnedName(spec({ matchFields: named("a") }, { matchExpressions: ssd }))).toBeUndefined();
  expect(pinnedName({ containers: [] })).toBeUndefined();
});

function spec0(): PodSpec {
  return {
    containers: [],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: undefined } },
  };
}
