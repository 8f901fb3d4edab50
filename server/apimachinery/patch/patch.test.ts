import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { ApiError } from "#apimachinery/status.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch, type PatchSchema } from "./strategic-merge-patch.ts";

const document = { a: { b: [1, 2, 3], "x/y": 1 }, c: "d" };

describe("JSON patch", () => {
  const rows: readonly (readonly [string, readonly object[], object])[] = [
    [
      "add appends",
      [{ op: "add", path: "/a/b/-", value: 4 }],
      { a: { b: [1, 2, 3, 4], "x/y": 1 }, c: "d" },
    ],
    [
      "add inserts",
      [{ op: "add", path: "/a/b/0", value: 0 }],
      { a: { b: [0, 1, 2, 3], "x/y": 1 }, c: "d" },
    ],
    [
      "remove from the end",
      [{ op: "remove", path: "/a/b/-1" }],
      { a: { b: [1, 2], "x/y": 1 }, c: "d" },
    ],
    [
      "escapes",
      [{ op: "replace", path: "/a/x~1y", value: 2 }],
      { a: { b: [1, 2, 3], "x/y": 2 }, c: "d" },
    ],
    ["move", [{ op: "move", from: "/a/b", path: "/b" }], { a: { "x/y": 1 }, b: [1, 2, 3], c: "d" }],
    ["copy", [{ op: "copy", from: "/c", path: "/e" }], { ...document, e: "d" }],
    ["test passes", [{ op: "test", path: "/c", value: "d" }], document],
    ["null is absent to a test", [{ op: "test", path: "/zz", value: null }], document],
  ];
  for (const [name, patch, expected] of rows) {
    test(name, () => expect<object>(applyJsonPatch(document, patch)).toEqual(expected));
  }

  const refused: readonly (readonly [string, unknown, number])[] = [
    ["a missing field", [{ op: "remove", path: "/zz" }], 422],
    ["a missing parent", [{ op: "add", path: "/q/a", value: 1 }], 422],
    ["an index beyond the end", [{ op: "add", path: "/a/b/4", value: 1 }], 422],
    ["a failed test", [{ op: "test", path: "/c", value: "x" }], 422],
    ["an unknown operation", [{ op: "x", path: "/c" }], 422],
    ["removing the document", [{ op: "remove", path: "" }], 422],
    ["no list", { op: "add" }, 400],
    [
      "too many operations",
      Array.from({ length: 10_001 }, () => ({ op: "test", path: "/c" })),
      413,
    ],
  ];
  for (const [name, patch, code] of refused) {
    test(`${name} is refused with ${code}`, () => {
      const original = deepCopy(document);
      expect(codeOf(() => applyJsonPatch(original, patch))).toBe(code);
      expect(original).toEqual(document);
    });
  }

  test("copies are bounded", () => {
    const big = { a: "x".repeat(1024 * 1024) };
    const copies = Array.from({ length: 4 }, (_, i) => ({
      op: "copy",
      from: "/a",
      path: `/b${i}`,
    }));
    expect(codeOf(() => applyJsonPatch(big, copies))).toBe(422);
  });
});

function codeOf(action: () => unknown): number | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status.code;
  }
}

describe("merge patch", () => {
  test("null removes, objects merge, lists replace", () => {
    const patch = { a: { b: null, n: { m: null, o: 1 } }, c: [1] };
    expect(applyMergePatch(document, patch)).toEqual({ a: { "x/y": 1, n: { o: 1 } }, c: [1] });
    expect(document.c).toBe("d");
  });
  test("what is no object is refused", () => {
    for (const patch of [[], "x", 1, null]) {
      expect(codeOf(() => applyMergePatch(document, patch))).toBe(400);
    }
  });
});

/** A pod template's shape: containers by name, ports by containerPort, finalizers a set, volumes retainKeys. */
const schema: PatchSchema = {
  kind: "struct",
  name: "Pod",
  field: (name) => {
    const keys: Readonly<Record<string, string>> = {
      containers: "name",
      ports: "containerPort",
      volumes: "name",
    };
    const strategies = name === "volumes" ? ["merge", "retainKeys"] : ["merge"];
    if (keys[name] !== undefined || name === "finalizers") {
      return { strategies, mergeKey: keys[name], schema, mayBeList: true };
    }
    const plain = name === "strategy" ? ["retainKeys"] : [];
    return { strategies: plain, mergeKey: undefined, schema, mayBeList: name === "args" };
  },
};

describe("strategic merge patch", () => {
  const pod = {
    containers: [
      { name: "a", image: "1", ports: [{ containerPort: 80 }] },
      { name: "b", image: "2" },
    ],
    finalizers: ["x", "y"],
    args: ["1", "2"],
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } },
  };
  const rows: readonly (readonly [string, object, object])[] = [
    [
      "elements meet by merge key, deeply",
      { containers: [{ name: "a", ports: [{ containerPort: 81 }] }] },
      {
        containers: [
          { name: "a", image: "1", ports: [{ containerPort: 81 }, { containerPort: 80 }] },
          { name: "b", image: "2" },
        ],
      },
    ],
    [
      "a new element goes before the server's",
      { containers: [{ name: "c", image: "3" }] },
      { containers: [{ name: "c", image: "3" }, ...pod.containers] },
    ],
    [
      "delete by key",
      { containers: [{ name: "a", $patch: "delete" }] },
      { containers: [pod.containers[1]] },
    ],
    [
      "replace a list",
      { containers: [{ $patch: "replace" }, { name: "z" }] },
      { containers: [{ name: "z" }] },
    ],
    ["lists without a strategy are replaced", { args: ["3"] }, { args: ["3"] }],
    ["sets are joined", { finalizers: ["y", "z"] }, { finalizers: ["x", "y", "z"] }],
    [
      "deletion from a set",
      { "$deleteFromPrimitiveList/finalizers": ["x"] },
      { finalizers: ["y"] },
    ],
    [
      "an order of elements",
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] },
      { containers: [pod.containers[1], pod.containers[0]] },
    ],
    [
      "an order with a new element",
      {
        "$setElementOrder/containers": [{ name: "a" }, { name: "c" }, { name: "b" }],
        containers: [{ name: "c", image: null }],
      },
      { containers: [pod.containers[0], { name: "c", image: null }, pod.containers[1]] },
    ],
    [
      "retainKeys clears what it does not name",
      { strategy: { $retainKeys: ["type"], type: "Recreate" } },
      { strategy: { type: "Recreate" } },
    ],
    ["replace a map", { strategy: { $patch: "replace", type: "x" } }, { strategy: { type: "x" } }],
    ["null removes a field", { strategy: null, nothing: null }, { strategy: undefined }],
    ["nulls of a new part are dropped", { fresh: { a: null, b: 1 } }, { fresh: { b: 1 } }],
  ];
  for (const [name, patch, expected] of rows) {
    test(name, () => {
      expect(applyStrategicMergePatch(pod, patch, schema).object).toEqual({ ...pod, ...expected });
    });
  }

  const refused: readonly (readonly [string, unknown, number])[] = [
    ["no map", [], 400],
    ["an unknown directive", { strategy: { $patch: "x" } }, 500],
    ["an element without its key", { containers: [{ image: "x" }] }, 500],
    ["retainKeys that miss a field", { strategy: { $retainKeys: ["a"], type: "x" } }, 400],
    [
      "an order that misses an element",
      { finalizers: ["q"], "$setElementOrder/finalizers": ["x"] },
      500,
    ],
  ];
  for (const [name, patch, code] of refused) {
    test(`${name} is refused with ${code}`, () => {
      expect(codeOf(() => applyStrategicMergePatch(pod, patch, schema))).toBe(code);
    });
  }

  test("a long list merges in one pass", () => {
    const finalizers = Array.from({ length: 100_000 }, (_, i) => `f${i}`);
    const patched = applyStrategicMergePatch({ finalizers }, { finalizers }, schema).object;
    expect(patched["finalizers"]).toEqual(finalizers);
  });
});

test("any patch gives an object or an ApiError, and leaves the original alone", () => {
  const name = fc.constantFrom("a", "containers", "finalizers", "name", "$patch", "__proto__");
  const leaf = fc.constantFrom<unknown>(null, "delete", "replace", "x", 1, true);
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(name, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  const operation = fc.record({
    op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test"),
    path: fc.constantFrom("", "/a", "/a/0", "/a/-", "/__proto__", "/__proto__/x", "/constructor"),
    from: fc.constantFrom("", "/a", "/a/0"),
    value: leaf,
  });
  fc.assert(
    fc.property(
      fc.dictionary(name, tree),
      tree,
      fc.array(operation),
      (original, patch, operations) => {
        const before = JSON.stringify(original);
        for (const apply of [
          () => applyStrategicMergePatch(original, patch, schema),
          () => applyMergePatch(original, patch),
          () => applyJsonPatch(original, operations),
        ]) {
          codeOf(apply);
          expect(JSON.stringify(original)).toBe(before);
          expect(Object.keys(Object.prototype)).toEqual([]);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
