import { expect, test } from "bun:test";
import { anchorLabel, LabelIndex, SelectorIndex } from "./label-index.ts";
import { termPredicate } from "./predicate.ts";

const namespaces = ["a", "b"];
const subjects = namespaces.flatMap((namespace) =>
  [{}, { app: "x" }, { app: "y" }, { app: "x", tier: "1" }, { tier: "2" }].map((labels) => ({
    namespace,
    labels,
    namespaceLabels: { team: namespace },
  })),
);
const selectors = [
  {},
  undefined,
  { matchLabels: { app: "x" } },
  { matchLabels: { app: "x", tier: "1" } },
  { matchExpressions: [{ key: "app", operator: "In" as const, values: ["x", "y"] }] },
  { matchExpressions: [{ key: "app", operator: "NotIn" as const, values: ["x"] }] },
  { matchExpressions: [{ key: "tier", operator: "Exists" as const }] },
];
const reaches = [{}, { namespaces: ["a", "b", "a"] }, { namespaceSelector: {} }];
const predicates = selectors.flatMap((labelSelector) =>
  reaches.map((reach) => {
    const selector = labelSelector === undefined ? {} : { labelSelector };
    return termPredicate({ topologyKey: "zone", ...selector, ...reach }, "a", {});
  }),
);

test("what an index leaves out, no selector selects", () => {
  const bySelector = new SelectorIndex<(typeof predicates)[number]>();
  const byLabel = new LabelIndex<(typeof subjects)[number]>();
  for (const predicate of predicates) bySelector.add(predicate, predicate.anchor);
  for (const subject of subjects) byLabel.add(subject);
  for (const predicate of predicates) {
    for (const subject of subjects) {
      if (!predicate.matches(subject)) continue;
      expect(bySelector.candidates(subject)).toContain(predicate);
      expect([...byLabel.candidates(predicate.anchor)]).toContain(subject);
    }
  }
});

test("a demanded label narrows both", () => {
  const [gone, ...rest] = subjects;
  const byLabel = new LabelIndex<(typeof subjects)[number]>();
  for (const subject of subjects) byLabel.add(subject);
  const label = anchorLabel([{ key: "app", operator: "=", values: ["y"] }]);
  const anchor = { namespaces: ["b"], label };
  const found = [...byLabel.candidates(anchor)];
  expect(found).toEqual(
    rest.filter((s) => s.namespace === "b" && "app" in s.labels && s.labels.app === "y"),
  );
  for (const subject of found) byLabel.delete(subject);
  expect([...byLabel.candidates(anchor)]).toEqual([]);
  expect(gone && [...byLabel.of("a")]).toHaveLength(5);
});

test("of several labels the one that tells most", () => {
  expect(
    anchorLabel([
      { key: "app", operator: "=", values: ["web"] },
      { key: "hash", operator: "=", values: ["7d4f9c"] },
      { key: "tier", operator: "in", values: ["a-long-value", "b"] },
    ]),
  ).toEqual({ key: "hash", values: ["7d4f9c"] });
  expect(anchorLabel("nothing")?.values).toEqual([]);
});
