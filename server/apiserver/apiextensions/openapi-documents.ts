/** OpenAPI documents of the custom resources that are served: one a group-version in v3, all in the one of v2. */
import type { CustomResourceDefinition } from "#gen/api/apiextensions/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import {
  type Fields,
  isFields,
  schemaOfVersion,
} from "#resources/apiextensions/v1/values/schema.ts";
import { refsOfDefinition } from "./custom-resource.ts";
import { pathsOf } from "./openapi-paths.ts";
import { definitionsOf, type OpenApiVersion } from "./openapi-schema.ts";

interface Parts {
  readonly paths: Record<string, Fields>;
  readonly definitions: Record<string, Fields>;
}

function partsOf(
  definition: CustomResourceDefinition,
  ref: ResourceRef,
  version: OpenApiVersion,
): Parts {
  const { spec, status } = definition;
  const found = spec.versions.find(({ name }) => name === ref.version);
  const schema = found === undefined ? {} : schemaOfVersion(found);
  const listKind = status.acceptedNames?.listKind ?? spec.names.listKind ?? `${ref.kind}List`;
  return {
    paths: pathsOf(ref, listKind, version),
    definitions: definitionsOf(ref, listKind, schema, version),
  };
}

function mergedParts(parts: readonly Parts[]): Parts {
  return {
    paths: Object.assign({}, ...parts.map(({ paths }) => paths)),
    definitions: Object.assign({}, ...parts.map(({ definitions }) => definitions)),
  };
}

/** Group-versions as paths of v3: `apis/stable.example.com/v1`, each with what makes its document. */
export function customPaths(
  definitions: readonly CustomResourceDefinition[],
): ReadonlyMap<string, () => Parts> {
  const byPath = new Map<string, (() => Parts)[]>();
  for (const definition of definitions) {
    for (const ref of refsOfDefinition(definition)) {
      const path = `apis/${ref.group}/${ref.version}`;
      byPath.set(path, [...(byPath.get(path) ?? []), () => partsOf(definition, ref, "v3")]);
    }
  }
  return new Map(
    [...byPath].map(([path, makers]) => [path, () => mergedParts(makers.map((make) => make()))]),
  );
}

/** The v3 document of one group-version; `known` holds the schemas of built-in types that it refers to. */
export function documentV3({ paths, definitions }: Parts, known: Fields): object {
  const schemas: Record<string, unknown> = { ...definitions };
  addReferred(paths, schemas, known);
  for (const schema of Object.values(definitions)) addReferred(schema, schemas, known);
  const info = { title: "Kubernetes CRD Swagger", version: "v0.1.0" };
  return { openapi: "3.0.0", info, paths, components: { schemas } };
}

/** Takes over from `known` what `value` refers to, and what that refers to. */
function addReferred(value: unknown, schemas: Record<string, unknown>, known: Fields): void {
  if (Array.isArray(value)) for (const item of value) addReferred(item, schemas, known);
  if (!isFields(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const target = name === "$ref" && typeof inner === "string" ? inner.split("/").at(-1) : "";
    if (target === undefined || target === "" || target in schemas || !(target in known)) {
      addReferred(inner, schemas, known);
      continue;
    }
    schemas[target] = known[target];
    addReferred(known[target], schemas, known);
  }
}

/** The v2 document with everything custom added; `builtIn` stays as it is. */
export function documentV2(
  builtIn: { readonly paths?: Fields; readonly definitions?: Fields },
  definitions: readonly CustomResourceDefinition[],
): object {
  const all = definitions.flatMap((definition) =>
    refsOfDefinition(definition).map((ref) => partsOf(definition, ref, "v2")),
  );
  const custom = mergedParts(all);
  return {
    ...builtIn,
    paths: { ...builtIn.paths, ...custom.paths },
    definitions: { ...builtIn.definitions, ...custom.definitions },
  };
}
