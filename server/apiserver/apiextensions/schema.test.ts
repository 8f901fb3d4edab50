import { expect, test } from "bun:test";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { prune } from "#resources/apiextensions/v1/values/pruning.ts";
import { schemaErrors } from "#resources/apiextensions/v1/values/validation.ts";
import { applyDefaults } from "./defaulting.ts";
import { parseJsonPath, valuesAt } from "./json-path.ts";
import { compareVersions } from "./version-order.ts";

const object = (
  properties: Record<string, JSONSchemaProps>,
  more: JSONSchemaProps = {},
): JSONSchemaProps => ({
  type: "object",
  properties,
  ...more,
});
const faults = (value: unknown, schema: JSONSchemaProps, old?: unknown) =>
  schemaErrors(value, schema, { path: "", old }).map(({ field, reason }) => `${field} ${reason}`);

test("pruning takes out what no schema speaks of", () => {
  const schema = object({
    spec: object({
      known: { type: "string" },
      open: object({ a: object({}) }, { "x-kubernetes-preserve-unknown-fields": true }),
    }),
    list: { type: "array", items: object({ a: {} }) },
    map: { type: "object", additionalProperties: object({ a: {} }) },
  });
  const value = {
    apiVersion: "v1",
    metadata: { anything: 1 },
    spec: { known: "x", unknown: 1, open: { free: 1, a: { pruned: 1 } } },
    list: [{ a: 1, b: 2 }],
    map: { k: { a: 1, b: 2 } },
    more: 1,
  };
  expect(prune(value, schema)).toEqual([
    "list[0].b",
    "map.k.b",
    "more",
    "spec.open.a.pruned",
    "spec.unknown",
  ]);
  expect(value).toEqual({
    apiVersion: "v1",
    metadata: { anything: 1 },
    spec: { known: "x", open: { free: 1, a: {} } },
    list: [{ a: 1 }],
    map: { k: { a: 1 } },
  } as unknown as typeof value);
});

test("embedded objects keep what every object has", () => {
  const schema = object({ inner: object({}, { "x-kubernetes-embedded-resource": true }) });
  const value = { inner: { apiVersion: "v1", kind: "K", metadata: { x: 1 }, spec: 1 } };
  expect(prune(value, schema, () => ["metadata.x"])).toEqual(["inner.metadata.x", "inner.spec"]);
  expect(faults({ inner: { apiVersion: "v1" } }, schema)).toEqual([
    "inner.kind FieldValueRequired",
  ]);
});

test("defaults fill in what is absent, and nulls that may not be", () => {
  const schema = object({
    a: { type: "string", default: "x" },
    b: object({ c: { type: "integer", default: 1 } }, { default: {} }),
    n: { type: "string", nullable: true, default: "y" },
  });
  const value = { a: null, n: null };
  applyDefaults(value, schema);
  expect(value).toEqual({ a: "x", b: { c: 1 }, n: null } as unknown as typeof value);
});

test("types, bounds, patterns and enums", () => {
  const schema = object({
    s: { type: "string", maxLength: 3, pattern: "^[a-z]*$" },
    i: { type: "integer", minimum: 1, maximum: 3, exclusiveMaximum: true },
    e: { type: "string", enum: ["a", "b"] },
    x: { "x-kubernetes-int-or-string": true },
    f: { type: "string", format: "ipv4" },
  });
  expect(faults({ s: "abc", i: 2, e: "a", x: "50%", f: "10.0.0.1" }, schema)).toEqual([]);
  expect(faults({ s: "abcd", i: 3, e: "c", x: true, f: "ten" }, schema)).toEqual([
    "s FieldValueTooLong",
    "i FieldValueInvalid",
    "e FieldValueNotSupported",
    "x FieldValueTypeInvalid",
    "f FieldValueTypeInvalid",
  ]);
  expect(faults({ s: "A", i: 1.5 }, schema)).toEqual([
    "s FieldValueInvalid",
    "i FieldValueTypeInvalid",
    "<nil> FieldValueInvalid",
  ]);
});

test("required fields, list types and combinators", () => {
  const list = (type: string, keys?: string[]): JSONSchemaProps => ({
    type: "array",
    maxItems: 2,
    "x-kubernetes-list-type": type,
    "x-kubernetes-list-map-keys": keys,
    items: { type: type === "set" ? "string" : "object" },
  });
  const schema = object(
    {
      set: list("set"),
      map: list("map", ["name"]),
      one: { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] },
    },
    { required: ["set"] },
  );
  expect(faults({ map: [{ name: "a" }, { name: "a" }], one: { a: 1, b: 2 } }, schema)).toEqual([
    "set FieldValueRequired",
    "map[1] FieldValueDuplicate",
    "<nil> FieldValueInvalid",
  ]);
  expect(faults({ set: ["a", "b", "a"] }, schema)).toEqual([
    "set FieldValueTooMany",
    "set[2] FieldValueDuplicate",
  ]);
});

test("what an update leaves as it was is not held against it", () => {
  const schema = object({ a: { type: "string" }, b: { type: "string" } });
  expect(faults({ a: 1, b: "x" }, schema, { a: 1, b: "y" })).toEqual([]);
  expect(faults({ a: 2, b: "x" }, schema, { a: 1 })).toEqual(["a FieldValueTypeInvalid"]);
});

test("the JSON paths that definitions use", () => {
  const value = {
    metadata: { labels: { "a.b/c": "l" } },
    status: { conditions: [{ type: "Ready", status: "True" }, { type: "Other" }] },
  };
  const at = (path: string) => valuesAt(value, parseJsonPath(path) ?? []);
  expect(at('.status.conditions[?(@.type=="Ready")].status')).toEqual(["True"]);
  expect(at(".metadata.labels['a.b/c']")).toEqual(["l"]);
  expect(at(".metadata.labels.a\\.b/c")).toEqual(["l"]);
  expect(at("{.status.conditions[*].type}")).toEqual(["Ready", "Other"]);
  expect(at(".status.conditions[0].type")).toEqual(["Ready"]);
  expect(at(".nothing.here")).toEqual([]);
  expect(parseJsonPath(".a[?(@.b>1)]")).toBeUndefined();
});

test("stable versions come first, the highest before others", () => {
  const versions = ["v1alpha1", "foo", "v1", "v2beta1", "v10", "v2", "v2beta10"];
  expect(versions.sort(compareVersions)).toEqual([
    "v10",
    "v2",
    "v1",
    "v2beta10",
    "v2beta1",
    "v1alpha1",
    "foo",
  ]);
});
