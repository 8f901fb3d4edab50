import { describe, expect, test } from "bun:test";
import { allResources } from "#gen/api/resources.ts";
import { allKinds, schemaOf, structOf, type TypeSchema } from "./schema.ts";

test("every served resource and its list have a schema", () => {
  for (const { group, version, kind } of allResources) {
    const apiVersion = group === "" ? version : `${group}/${version}`;
    expect(schemaOf(apiVersion, kind)?.go).toEndWith(`.${kind}`);
  }
  expect(schemaOf("v1", "PodList")?.properties.get("items")?.type.kind).toBe("list");
});

test("names from outside find nothing on Object's prototype", () => {
  expect(schemaOf("v1", "constructor")).toBeUndefined();
  expect(schemaOf("__proto__", "Pod")).toBeUndefined();
  expect(schemaOf("", "DeleteOptions")).toBeUndefined();
});

test("options have the same type in every group", () => {
  expect(schemaOf("policy/v1", "DeleteOptions")).toBe(schemaOf("v1", "DeleteOptions"));
});

describe("fields", () => {
  test("merge keys and list types", () => {
    expect(structOf("core.v1.PodSpec").properties.get("containers")).toMatchObject({
      listType: "map",
      listMapKeys: ["name"],
      patchStrategy: "merge",
      patchMergeKey: "name",
      required: true,
    });
    expect(structOf("core.v1.Volume").properties.get("secret")).toMatchObject({
      number: 6,
      pointer: true,
    });
    expect(structOf("core.v1.PodSpec").properties.get("volumes")?.patchStrategy).toBe(
      "merge,retainKeys",
    );
  });

  test("every type of the table can be read, down to scalars", () => {
    const seen = new Set<TypeSchema>();
    const read = (type: TypeSchema): void => {
      if (seen.has(type)) return;
      seen.add(type);
      if (type.kind === "struct")
        for (const { type: inner } of type.properties.values()) read(inner);
      if (type.kind === "list") read(type.item);
      if (type.kind === "map") read(type.value);
    };
    for (const [apiVersion, kind] of allKinds()) {
      const type = schemaOf(apiVersion === "*" ? "v1" : apiVersion, kind);
      if (type !== undefined) read(type);
    }
    expect(seen.size).toBeGreaterThan(1500);
  });
});
