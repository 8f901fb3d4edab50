/** Field sets and typed objects, by literals and by laws that hold for all of them. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { takeInObject } from "#apimachinery/codec/json.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { compare } from "./compare.ts";
import { createdSet, makeAhead } from "./created-set.ts";
import {
  difference,
  type FieldSet,
  has,
  intersection,
  isEmpty,
  leaf,
  pathsOf,
  recursiveDifference,
  setOf,
  sorted,
  union,
} from "./field-set.ts";
import { merge } from "./merge.ts";
import { type MapMerge, mergeTypeOf } from "./merge-type.ts";
import { removeItems } from "./remove-items.ts";
import { toFieldSet } from "./to-field-set.ts";
import type { Fields } from "./values.ts";

const texts = (set: FieldSet): string[] => [...pathsOf(set)].map((path) => path.join(" ")).sort();

const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const anySet = fc.array(path, { maxLength: 8 }).map((paths) => setOf(...paths));

describe("sets of fields", () => {
  test("are what sets are", () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        const [left, right] = [new Set(texts(a)), new Set(texts(b))];
        expect(texts(union(a, b))).toEqual([...left.union(right)].sort());
        expect(texts(intersection(a, b))).toEqual([...left.intersection(right)].sort());
        expect(texts(difference(a, b))).toEqual([...left.difference(right)].sort());
      }),
    );
  });

  test("a recursive difference takes what lies below too", () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        const roots = [...pathsOf(b)].map((root) => root.join(" "));
        const left = texts(a).filter(
          (text) => !roots.some((root) => text === root || text.startsWith(`${root} `)),
        );
        expect(texts(recursiveDifference(a, b))).toEqual(left);
      }),
    );
  });

  test("keep themselves where nothing changes", () => {
    const set = setOf(["f:a", "f:b"], ["f:a"]);
    expect(difference(set, setOf(["f:z"]))).toBe(set);
    expect(difference(set, setOf(["f:a", "f:z"]))).toBe(set);
  });

  test("print fields before keyed items before values, in order", () => {
    const set = setOf(["v:2"], ["v:10"], ['k:{"p":10}'], ['k:{"p":9}'], ["f:b"], ["f:a"]);
    expect(Object.keys(sorted(set))).toEqual([
      "f:a",
      "f:b",
      'k:{"p":9}',
      'k:{"p":10}',
      "v:2",
      "v:10",
    ]);
    expect(has(set, ["f:b"])).toBe(true);
    expect(isEmpty(leaf)).toBe(true);
  });
});

function typeOf(apiVersion: string, kind: string): MapMerge {
  const struct = schemaOf(apiVersion, kind);
  if (struct === undefined) throw new Error(`${kind} is in the table`);
  return mergeTypeOf(struct);
}

function objectOf(apiVersion: string, kind: string, fields: object): Fields {
  const object = { apiVersion, kind, metadata: { name: "a" }, ...fields } as KubeObject;
  takeInObject(object);
  return { ...object };
}

const template = (...containers: object[]) => ({ template: { spec: { containers } } });

describe("typed objects", () => {
  const type = typeOf("v1", "PodTemplate");
  const zero = { apiVersion: "v1", kind: "PodTemplate" } as KubeObject;
  takeInObject(zero);

  test("a new object brings what comparing finds", () => {
    const names = fc.constantFrom("a", "b", "c");
    const container = fc.record(
      {
        name: names,
        image: names,
        command: fc.array(names),
        env: fc.array(fc.record({ name: names, value: names })),
        resources: fc.record({ limits: fc.dictionary(names, fc.constant("1")) }),
      },
      { requiredKeys: ["name"] },
    );
    const fields = fc.record(
      { labels: fc.dictionary(names, names), finalizers: fc.array(names) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(container), fields, (containers, metadata) => {
        const object = objectOf("v1", "PodTemplate", { metadata, ...template(...containers) });
        const { added, modified } = compare(type, { ...zero }, object);
        const created = createdSet({ type, zero: { ...zero }, without: {} }, object);
        expect(JSON.stringify(created)).toBe(JSON.stringify(sorted(union(added, modified))));
      }),
    );
  });

  test("the nodes of large maps are made ahead, step by step, and are the same", () => {
    const many = Array.from({ length: 5_000 }, (_, at) => [`l${(at * 7_919) % 5_000}`, "v"]);
    const labels = Object.fromEntries(many);
    const object = objectOf("v1", "PodTemplate", { metadata: { labels }, ...template() });
    const creation = { type, zero: { ...zero }, without: {} };
    const whole = JSON.stringify(createdSet(creation, object));
    expect([...makeAhead(object)].length).toBeGreaterThan(5);
    expect(JSON.stringify(createdSet(creation, object))).toBe(whole);
    labels["other"] = "v";
    expect(JSON.stringify(createdSet(creation, object))).toContain('"f:other"');
  });

  test("nothing differs from itself, and what came one way goes the other", () => {
    const one = objectOf("v1", "PodTemplate", template({ name: "a", image: "1" }));
    const two = objectOf("v1", "PodTemplate", template({ name: "b", image: "1" }));
    expect(compare(type, one, structuredClone(one))).toEqual({
      added: {},
      modified: {},
      removed: {},
    });
    expect(compare(type, one, two).added).toEqual(compare(type, two, one).removed);
  });

  test("what is laid over an object is in it, and taking it away leaves the rest", () => {
    const base = objectOf("v1", "PodTemplate", template({ name: "a", image: "1" }));
    const over = template({ name: "b", image: "2" });
    const merged = merge(type, base, over);
    expect(merged).toMatchObject(template({ name: "a", image: "1" }, { name: "b", image: "2" }));
    expect(texts(toFieldSet(type, over))).toContain(
      'f:template f:spec f:containers k:{"name":"b"} f:image',
    );
    const item = setOf(["f:template", "f:spec", "f:containers", 'k:{"name":"b"}']);
    expect(removeItems(type, merged, item)).toMatchObject(template({ name: "a", image: "1" }));
  });

  test("absent protocols are TCP to the key of a port", () => {
    const set = toFieldSet(typeOf("v1", "Service"), { spec: { ports: [{ port: 80 }] } });
    expect(texts(set)).toContain('f:spec f:ports k:{"port":80,"protocol":"TCP"}');
  });
});
