import { describe, expect, test } from "bun:test";
import {
  isConfigMapKey,
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isEnvVarName,
  isLabelValue,
  isPortName,
  isQualifiedName,
} from "./validate.ts";
import {
  judgeAhead,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "./validate-object-meta.ts";

const fields = (errors: readonly { reason: string; field: string }[]): string[] =>
  errors.map(({ reason, field }) => `${reason} ${field}`);

describe("words", () => {
  const checks: readonly (readonly [
    string,
    (value: string) => readonly string[],
    string[],
    string[],
  ])[] = [
    [
      "DNS-1123 label",
      isDNS1123Label,
      ["a", "a-b", "1"],
      ["", "A", "-a", "a-", "a.b", "a".repeat(64)],
    ],
    [
      "DNS-1123 subdomain",
      isDNS1123Subdomain,
      ["a.b", "1.a-b"],
      ["", "a..b", ".a", "a_b", `a${".a".repeat(127)}`],
    ],
    ["DNS-1035 label", isDNS1035Label, ["a1"], ["1a", "a."]],
    [
      "qualified name",
      isQualifiedName,
      ["a", "A.b_c", "x.io/Y"],
      ["", "/a", "a/", "X.io/y", "a/b/c", "-a"],
    ],
    ["label value", isLabelValue, ["", "A.b_c-d"], ["-", "a ", "a".repeat(64)]],
    ["port name", isPortName, ["http", "a-1"], ["", "1", "a--b", "-a", "A", "a".repeat(16)]],
    ["config key", isConfigMapKey, ["a.b", ".hidden"], ["", ".", "..", "..a", "a/b"]],
    ["environment name", isEnvVarName, ["A", "a b", "1#"], ["", "a=b", "é"]],
  ];
  for (const [name, check, good, bad] of checks)
    test(name, () => {
      for (const value of good) expect(check(value)).toEqual([]);
      for (const value of bad) expect(check(value)).not.toEqual([]);
    });
});

test("the sentence is upstream's", () => {
  expect(isDNS1123Label("A")).toEqual([
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
});

describe("metadata", () => {
  test("a good one", () => {
    const meta = { name: "a", namespace: "b", labels: { "x.io/y": "z" }, finalizers: ["x.io/f"] };
    expect(validateObjectMeta(meta, { namespaced: true })).toEqual([]);
  });

  test("each bad field is named", () => {
    const meta = {
      generateName: "AB-",
      namespace: "x",
      labels: { "": "-" },
      annotations: { "a/b/c": "", big: "x".repeat(256 * 1024) },
      finalizers: ["orphan", "foregroundDeletion"],
      ownerReferences: [{ apiVersion: "v1", kind: "Event", name: "", uid: "u" }],
    };
    expect(fields(validateObjectMeta(meta, { namespaced: false }))).toEqual([
      "FieldValueInvalid metadata.generateName",
      "FieldValueRequired metadata.name",
      "FieldValueForbidden metadata.namespace",
      "FieldValueInvalid metadata.labels",
      "FieldValueInvalid metadata.labels",
      "FieldValueInvalid metadata.labels",
      "FieldValueInvalid metadata.annotations",
      "FieldValueTooLong metadata.annotations",
      "FieldValueRequired metadata.ownerReferences[0].name",
      "FieldValueInvalid metadata.ownerReferences[0]",
      "FieldValueInvalid metadata.finalizers",
    ]);
  });

  test("what is judged ahead, in steps, is judged as it is at once", () => {
    const many = (last: string) =>
      Object.fromEntries([
        ...Array.from({ length: 5_000 }, (_, at) => [`x.io/l${at}`, "v"]),
        [last, "v"],
      ]);
    for (const last of ["fine", "not fine"]) {
      const meta = { name: "a", labels: many(last), annotations: many(last) };
      const before = validateObjectMeta(meta, { namespaced: false });
      expect([...judgeAhead(meta)].length).toBeGreaterThan(5);
      expect(validateObjectMeta(meta, { namespaced: false })).toEqual(before);
      expect(before).toHaveLength(last === "fine" ? 0 : 2);
    }
  });

  test("an update keeps identity, and adds no finalizer to what is being deleted", () => {
    const old = {
      name: "a",
      uid: "1",
      resourceVersion: "5",
      deletionTimestamp: "2026-01-01T00:00:00Z",
    };
    const meta = {
      name: "a",
      uid: "2",
      finalizers: ["x.io/f"],
      deletionTimestamp: old.deletionTimestamp,
    };
    expect(fields(validateObjectMetaUpdate(meta, old))).toEqual([
      "FieldValueForbidden metadata.finalizers",
      "FieldValueInvalid metadata.resourceVersion",
      "FieldValueInvalid metadata.uid",
    ]);
  });
});
