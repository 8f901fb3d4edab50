/** The bench of field tracking runs, small. */
import { expect, test } from "bun:test";
import { costs } from "./managed-fields.ts";

test("the bench measures creates, updates and writes without a change", () => {
  const measured = costs(10);
  expect(measured.map(({ kind }) => kind)).toEqual(["ConfigMap", "Pod"]);
  for (const { kind: _, ...each } of measured) {
    for (const cost of Object.values(each)) expect(cost).toBeGreaterThan(0);
  }
});
