import { expect, test } from "bun:test";
import type { CustomResourceDefinition } from "#gen/api/apiextensions/v1.ts";
import { namedStatus } from "./names.ts";

const now = new Date("2026-01-01T00:00:00Z");

function definition(
  names: Partial<CustomResourceDefinition["spec"]["names"]>,
  status: CustomResourceDefinition["status"] = {},
): CustomResourceDefinition {
  const all = { plural: "foos", kind: "Foo", listKind: "FooList", singular: "foo", ...names };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${all.plural}.example.com` },
    spec: { group: "example.com", scope: "Namespaced", names: all, versions: [] },
    status,
  };
}

const conditionsOf = (status: CustomResourceDefinition["status"] | undefined) =>
  (status?.conditions ?? []).map(({ type, status: it, reason }) => `${type}=${it} ${reason}`);

test("free names are accepted and the definition is established", () => {
  const status = namedStatus(definition({ shortNames: ["f"] }), [], now);
  expect(status?.acceptedNames).toMatchObject({ plural: "foos", kind: "Foo", shortNames: ["f"] });
  expect(conditionsOf(status)).toEqual([
    "NamesAccepted=True NoConflicts",
    "Established=True InitialNamesAccepted",
  ]);
  const settled = definition({ shortNames: ["f"] }, status);
  expect(namedStatus(settled, [settled], now)).toBeUndefined();
});

test("a name that another holds is not accepted", () => {
  const holder = definition({}, namedStatus(definition({}), [], now) ?? {});
  const late = definition({ plural: "foods", singular: "food", shortNames: ["foo"] });
  const status = namedStatus(late, [holder], now);
  expect(status?.acceptedNames).toMatchObject({ plural: "foods", kind: "" });
  expect(conditionsOf(status)).toEqual([
    "NamesAccepted=False ListKindConflict",
    "Established=False NotAccepted",
  ]);
  expect(conditionsOf(namedStatus(late, [], now))).toContain(
    "Established=True InitialNamesAccepted",
  );
});

test("an established definition stays established when it asks for a taken name", () => {
  const first = namedStatus(definition({}), [], now) ?? {};
  const other = definition({ plural: "bars", singular: "bar", kind: "Bar", listKind: "BarList" });
  const holder = { ...other, status: namedStatus(other, [], now) ?? {} };
  const status = namedStatus(definition({ shortNames: ["bar"] }, first), [holder], now);
  expect(conditionsOf(status)).toEqual([
    "NamesAccepted=False ShortNamesConflict",
    "Established=True InitialNamesAccepted",
  ]);
  expect(status?.acceptedNames?.shortNames).toBeUndefined();
});
