/**
 * Writes <out>/schema.json, the one table of API types that codecs, pruning and merging read
 * (server/apimachinery/schema.ts says what stands in it): shapes and wire numbers from go-types.json,
 * list types, merge keys and required fields from the OpenAPI documents.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface GoField {
  readonly json?: string;
  readonly type: string;
  readonly number?: number;
  readonly omit?: "empty" | "zero";
  readonly inline?: boolean;
  readonly patch?: string;
}

export interface GoTypes {
  readonly kinds: Readonly<Record<string, string>>;
  readonly structs: Readonly<Record<string, readonly GoField[]>>;
  readonly named: Readonly<Record<string, string>>;
  readonly wrapped: Readonly<Record<string, boolean>>;
}

interface OpenApiSchema {
  readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
}

/** `[JSON name, wire number, type, omit, facts]`; an inlined struct's fields have the JSON name "". */
type FieldRow = readonly [string, number, string, string, Readonly<Record<string, unknown>>?];

const goRooms: readonly (readonly [prefix: string, room: string])[] = [
  ["k8s.io.apimachinery.pkg.apis.", ""],
  ["k8s.io.apimachinery.pkg.", ""],
  ["k8s.io.apiextensions_apiserver.pkg.apis.", ""],
  ["k8s.io.kube_aggregator.pkg.apis.", ""],
  ["k8s.io.api.", ""],
];

/** `[]k8s.io.api.core.v1.Container` -> `[]core.v1.Container`. */
function shortType(type: string): string {
  return goRooms.reduce((text, [prefix, room]) => text.replaceAll(prefix, room), type);
}

/** `k8s.io.api.core.v1.Pod` -> `io.k8s.api.core.v1.Pod`, the name in OpenAPI. */
function openApiName(goName: string): string {
  return `io.k8s.${goName.slice("k8s.io.".length).replaceAll("_", "-")}`;
}

function openApiSchemas(facts: string): Record<string, OpenApiSchema> {
  const directory = join(facts, "openapi-v3");
  const all: Record<string, OpenApiSchema> = {};
  for (const file of readdirSync(directory).sort()) {
    const document: { components?: { schemas?: Record<string, OpenApiSchema> } } = JSON.parse(
      readFileSync(join(directory, file), "utf8"),
    );
    Object.assign(all, document.components?.schemas);
  }
  return all;
}

const openApiFacts = {
  "x-kubernetes-list-type": "listType",
  "x-kubernetes-list-map-keys": "listMapKeys",
  "x-kubernetes-map-type": "mapType",
} as const;

function factsOf(
  field: GoField,
  parents: readonly OpenApiSchema[],
): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  const name = field.json ?? "";
  const [strategy, mergeKey] = field.patch?.split(" ") ?? [];
  if (strategy !== undefined) found["patchStrategy"] = strategy;
  if (mergeKey !== undefined) found["patchMergeKey"] = mergeKey;
  const parent = parents.find((schema) => schema.properties?.[name] !== undefined);
  const property = parent?.properties?.[name] ?? {};
  if (parent?.required?.includes(name)) found["required"] = true;
  for (const [from, to] of Object.entries(openApiFacts)) {
    if (property[from] !== undefined) found[to] = property[from];
  }
  // Every other default is the type's zero: only these complete the key of an item in a list map.
  const given = property["default"];
  const said = given !== "" || field.omit !== undefined;
  if (typeof given === "string" && said) found["default"] = given;
  return Object.keys(found).length === 0 ? undefined : found;
}

/** A struct that is inlined somewhere has no schema of its own: its fields are described in its parents. */
function parentsOf(types: GoTypes): Map<string, string[]> {
  const parents = new Map<string, string[]>();
  for (const [name, fields] of Object.entries(types.structs)) {
    for (const field of fields) {
      if (!field.inline) continue;
      parents.set(field.type, [...(parents.get(field.type) ?? []), name]);
    }
  }
  return parents;
}

function ancestry(name: string, parents: ReadonlyMap<string, readonly string[]>): string[] {
  return [name, ...(parents.get(name) ?? []).flatMap((parent) => ancestry(parent, parents))];
}

function structRows(
  types: GoTypes,
  schemas: Record<string, OpenApiSchema>,
): Record<string, FieldRow[]> {
  const parents = parentsOf(types);
  const rows: Record<string, FieldRow[]> = {};
  for (const name of Object.keys(types.structs).sort()) {
    const described = ancestry(name, parents)
      .map((ancestor) => schemas[openApiName(ancestor)])
      .filter((schema) => schema !== undefined);
    rows[shortType(name)] = (types.structs[name] ?? []).map((field) => {
      const facts = factsOf(field, described);
      const row = [
        field.json ?? "",
        field.number ?? 0,
        shortType(field.type),
        field.omit ?? "",
      ] as const;
      return facts === undefined ? row : [...row, facts];
    });
  }
  return rows;
}

/** Structs that are one value to merging: whoever sets a part of one sets all of it. */
function atomicStructs(
  types: GoTypes,
  schemas: Record<string, OpenApiSchema>,
): Record<string, true> {
  const names = Object.keys(types.structs).sort();
  const atomic = names.filter(
    (name) => schemas[openApiName(name)]?.["x-kubernetes-map-type"] === "atomic",
  );
  return Object.fromEntries(atomic.map((name) => [shortType(name), true]));
}

/** apiVersion -> kind -> type; kinds of meta that every group-version registers stand once, under `*`. */
function kindRows(types: GoTypes): Record<string, Record<string, string>> {
  const rows: Record<string, Record<string, string>> = {};
  for (const key of Object.keys(types.kinds).sort()) {
    const slash = key.lastIndexOf("/");
    const kind = key.slice(slash + 1);
    const type = shortType(types.kinds[key] ?? "");
    const everywhere =
      type.startsWith("meta.") && types.kinds[`apps/v1/${kind}`] === types.kinds[key];
    const apiVersion = everywhere ? "*" : key.slice(0, slash);
    const group = rows[apiVersion] ?? {};
    group[kind] = type;
    rows[apiVersion] = group;
  }
  return rows;
}

export function generateSchema(facts: string, out: string): void {
  const types: GoTypes = JSON.parse(readFileSync(join(facts, "go-types.json"), "utf8"));
  const named: Record<string, string> = {};
  for (const name of Object.keys(types.named).sort()) {
    const text = shortType(types.named[name] ?? "");
    named[shortType(name)] = types.wrapped[name] ? `wrapped ${text}` : text;
  }
  const schemas = openApiSchemas(facts);
  const table = {
    kinds: kindRows(types),
    named,
    structs: structRows(types, schemas),
    atomic: atomicStructs(types, schemas),
  };
  const lines = Object.entries(table).map(([part, rows]) => {
    const body = Object.entries(rows).map(
      ([key, row]) => `${JSON.stringify(key)}:${JSON.stringify(row)}`,
    );
    return `${JSON.stringify(part)}:{\n${body.join(",\n")}\n}`;
  });
  writeFileSync(join(out, "schema.json"), `{\n${lines.join(",\n")}\n}\n`);
}
