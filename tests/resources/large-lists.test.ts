/** Lists as long as a body holds: whoever compares each item with each does not end in the time that a test has. */
import { expect, test } from "bun:test";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { Secret } from "#gen/api/core/v1.ts";
import { validateTopologySpread } from "#resources/core/v1/pod-spec/validate-scheduling.ts";
import { secretResource } from "#resources/core/v1/secrets.ts";
import { validateTopologyTerms } from "#resources/storage/v1/topology-terms.ts";

const items = 30_000;

test("a Secret's texts", () => {
  const stringData = Object.fromEntries(Array.from({ length: items }, (_, at) => [`k${at}`, "v"]));
  const metadata = { name: "x" };
  const secret: Secret = { apiVersion: "v1", kind: "Secret", metadata, stringData };
  secretResource.default?.(secret);
  expect(Object.keys(secret.data ?? {}).length).toBe(items);
  expect(secret.stringData).toBeUndefined();
});

test("terms of a StorageClass", () => {
  const term = (at: number) => ({ matchLabelExpressions: [{ key: "zone", values: [`z${at}`] }] });
  const terms = [...Array.from({ length: items }, (_, at) => term(at)), {}, term(3)];
  const found = validateTopologyTerms(terms, new Path("terms"));
  expect(found.map(({ field }) => field)).toEqual([
    `terms[${items}].matchLabelExpressions`,
    `terms[${items + 1}].matchLabelExpressions`,
  ]);
});

test("constraints on a pod's spreading", () => {
  const constraint = (at: number) =>
    ({ maxSkew: 1, topologyKey: `zone${at}`, whenUnsatisfiable: "DoNotSchedule" }) as const;
  const checks = new FieldChecks();
  const constraints = Array.from({ length: items }, (_, at) => constraint(at));
  validateTopologySpread(checks, [...constraints, constraint(3)], new Path("spread"));
  expect(checks.errors.map(({ field }) => field)).toEqual([
    "spread[3].{topologyKey, whenUnsatisfiable}",
  ]);
});
