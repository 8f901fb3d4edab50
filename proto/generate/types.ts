/**
 * Writes server/gen/api/<group>/<version>.ts: the TypeScript shapes of every API type and the
 * ResourceRef of every resource, from the published OpenAPI and discovery documents in proto/facts.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Schema {
  $ref?: string;
  allOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  type?: string;
  format?: string;
  enum?: readonly string[];
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

interface DiscoveredResource {
  name: string;
  singularName: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  storageVersionHash?: string;
  group?: string;
  version?: string;
}

/** Types that are not structs in memory; see the codec for how each one travels. */
const scalars: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Duration": "string",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "number | string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "Record<string, unknown>",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "Record<string, unknown>",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "unknown",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool":
    "JSONSchemaProps | boolean",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray":
    "JSONSchemaProps | JSONSchemaProps[]",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray":
    "JSONSchemaProps | string[]",
};

/** `io.k8s.api.core.v1.Pod` -> room `core/v1`, name `Pod`. */
function locate(schemaName: string): { room: string; name: string } {
  const parts = schemaName.split(".");
  const name = parts.at(-1) ?? "";
  const version = parts.at(-2) ?? "";
  const group = parts.at(-3) ?? "";
  return /^v\d/.test(version) ? { room: `${group}/${version}`, name } : { room: "meta/v1", name };
}

class Room {
  readonly lines: string[] = [];
  readonly imports = new Map<string, Set<string>>();
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  reference(schemaName: string): string {
    const scalar = scalars[schemaName];
    if (scalar !== undefined) return scalar;
    const { room, name } = locate(schemaName);
    if (room !== this.path) {
      const names = this.imports.get(room) ?? new Set();
      this.imports.set(room, names.add(name));
    }
    return name;
  }

  type(schema: Schema): string {
    const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (ref !== undefined) return this.reference(ref.slice("#/components/schemas/".length));
    if (schema.enum !== undefined)
      return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    switch (schema.type) {
      case "string":
        return "string";
      case "boolean":
        return "boolean";
      case "integer":
      case "number":
        return "number";
      case "array": {
        const item = this.type(schema.items ?? {});
        return item.includes("|") ? `(${item})[]` : `${item}[]`;
      }
      case "object":
        return schema.additionalProperties === undefined
          ? "Record<string, unknown>"
          : `Record<string, ${this.type(schema.additionalProperties)}>`;
      default:
        return "unknown";
    }
  }
}

function writeType(room: Room, name: string, schema: Schema): void {
  const gvk = schema["x-kubernetes-group-version-kind"];
  const properties = schema.properties ?? {};
  const isList = name.endsWith("List") && properties["items"] !== undefined;
  const meta = properties["metadata"]?.allOf?.[0]?.$ref ?? "";
  const isKind = gvk?.length === 1 && meta.endsWith(".ObjectMeta") && !isList;
  const required = new Set(schema.required ?? []);
  room.lines.push(`export interface ${name} {`);
  for (const [field, property] of Object.entries(properties)) {
    let type = room.type(property);
    let always = required.has(field);
    const first = gvk?.[0];
    if (first !== undefined && gvk?.length === 1 && field === "kind") {
      type = JSON.stringify(first.kind);
      always = true;
    }
    if (first !== undefined && gvk?.length === 1 && field === "apiVersion") {
      type = JSON.stringify(first.group === "" ? first.version : `${first.group}/${first.version}`);
      always = true;
    }
    if (isKind && field === "metadata") {
      type = room.reference("io.k8s.apimachinery.pkg.apis.meta.v1.NamedMeta");
      always = true;
    }
    if (isList && field === "metadata") always = true;
    if (isKind && (field === "spec" || field === "status") && property.allOf !== undefined)
      always = true;
    const key = /^[A-Za-z_]\w*$/.test(field) ? field : JSON.stringify(field);
    room.lines.push(always ? `  ${key}: ${type};` : `  ${key}?: ${type} | undefined;`);
  }
  room.lines.push("}", "");
}

const metaExtras = `/** The metadata of a stored object: it always has a name. */
export interface NamedMeta extends ObjectMeta {
  name: string;
}

/** Any API object, in its JSON shape. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: NamedMeta;
}

/** What a client sends to create a T: the server fills in the name (generateName), the kind and the status. */
export type Draft<T extends KubeObject> = Omit<T, "apiVersion" | "kind" | "metadata" | "status"> & {
  apiVersion?: T["apiVersion"] | undefined;
  kind?: T["kind"] | undefined;
  metadata: ObjectMeta;
  status?: unknown;
};
`;

const resourceRef = `import type { KubeObject } from "#gen/api/meta/v1.ts";

export interface SubresourceRef {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** One resource as discovery describes it; T is the type of its objects. */
export interface ResourceRef<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly storageVersionHash: string;
  readonly subresources: readonly SubresourceRef[];
  /** Never set: carries T for the type checker. */
  readonly object?: T;
}
`;

/** Legacy discovery lists per group-version; where only two are recorded, the aggregated form fills the rest. */
export interface RefFacts extends DiscoveredResource {
  subresources: {
    name: string;
    group: string;
    version: string;
    kind: string;
    verbs: readonly string[];
  }[];
}

interface AggregatedResource {
  resource: string;
  responseKind: { group: string; version: string; kind: string };
  scope: string;
  singularResource: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  subresources?: readonly {
    subresource: string;
    responseKind?: { group: string; version: string; kind: string };
    verbs: readonly string[];
  }[];
}

interface Aggregated {
  items: readonly {
    metadata?: { name?: string };
    versions: readonly { version: string; resources?: readonly AggregatedResource[] }[];
  }[];
}

export function discoveredResources(facts: string): RefFacts[] {
  const found: RefFacts[] = [];
  for (const file of ["api.json", "apis.json"]) {
    const document: Aggregated = JSON.parse(readFileSync(join(facts, "discovery", file), "utf8"));
    for (const group of document.items) {
      for (const { version, resources = [] } of group.versions) {
        for (const resource of resources)
          found.push(factsOf(group.metadata?.name ?? "", version, resource));
      }
    }
  }
  return found;
}

function factsOf(group: string, version: string, resource: AggregatedResource): RefFacts {
  return {
    group,
    version,
    name: resource.resource,
    singularName: resource.singularResource,
    kind: resource.responseKind.kind,
    namespaced: resource.scope === "Namespaced",
    verbs: resource.verbs,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    subresources: (resource.subresources ?? []).map((sub) => ({
      name: sub.subresource,
      group: sub.responseKind?.group || group,
      version: sub.responseKind?.version || version,
      kind: sub.responseKind?.kind ?? resource.responseKind.kind,
      verbs: sub.verbs,
    })),
  };
}

function writeRef(room: Room, ref: RefFacts): void {
  const value = {
    group: ref.group,
    version: ref.version,
    plural: ref.name,
    singular: ref.singularName,
    kind: ref.kind,
    namespaced: ref.namespaced,
    verbs: ref.verbs,
    shortNames: ref.shortNames,
    categories: ref.categories,
    storageVersionHash: ref.storageVersionHash ?? "",
    subresources: ref.subresources,
  };
  room.lines.push(
    `export const ${ref.name}: ResourceRef<${ref.kind}> = ${JSON.stringify(value)};`,
    "",
  );
}

/** `rbac.authorization.k8s.io` -> `rbac`, as upstream's Go packages are named. */
export function packageOfGroup(group: string): string {
  if (group === "") return "core";
  if (group === "flowcontrol.apiserver.k8s.io") return "flowcontrol";
  return group.split(".")[0] ?? group;
}

export function generateTypes(facts: string, out: string): void {
  const rooms = new Map<string, Room>();
  const roomAt = (path: string): Room => {
    const room = rooms.get(path) ?? new Room(path);
    rooms.set(path, room);
    return room;
  };
  const seen = new Set<string>();
  const directory = join(facts, "openapi-v3");
  for (const file of readdirSync(directory).sort()) {
    const document: { components?: { schemas?: Record<string, Schema> } } = JSON.parse(
      readFileSync(join(directory, file), "utf8"),
    );
    for (const [schemaName, schema] of Object.entries(document.components?.schemas ?? {}).sort()) {
      if (seen.has(schemaName) || scalars[schemaName] !== undefined) continue;
      seen.add(schemaName);
      const { room, name } = locate(schemaName);
      writeType(roomAt(room), name, schema);
    }
  }
  roomAt("meta/v1").lines.push(metaExtras);
  const refs = discoveredResources(facts);
  for (const ref of refs)
    writeRef(roomAt(`${packageOfGroup(ref.group ?? "")}/${ref.version}`), ref);
  writeRooms(rooms, refs, out);
}

function writeRooms(
  rooms: ReadonlyMap<string, Room>,
  refs: readonly RefFacts[],
  out: string,
): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), `// Generated by npm run gen; do not edit.\n${text}`);
  };
  for (const room of rooms.values()) {
    const body = room.lines.join("\n");
    const used = (names: Set<string>): string[] =>
      [...names].filter((name) => new RegExp(`\\b${name}\\b(?! \\{)`).test(body)).sort();
    const imports = [...room.imports]
      .filter(([, names]) => used(names).length > 0)
      .map(
        ([from, names]) => `import type { ${used(names).join(", ")} } from "#gen/api/${from}.ts";`,
      );
    if (room.lines.some((line) => line.includes(": ResourceRef<")))
      imports.push('import type { ResourceRef } from "#gen/api/resource-ref.ts";');
    write(`${room.path}.ts`, `${imports.join("\n")}\n\n${body}`);
  }
  write("resource-ref.ts", resourceRef);
  const paths = [
    ...new Set(refs.map((ref) => `${packageOfGroup(ref.group ?? "")}/${ref.version}`)),
  ];
  const alias = (path: string): string => path.replace(/\W/g, "_");
  write(
    "resources.ts",
    [
      ...paths.map((path) => `import * as ${alias(path)} from "#gen/api/${path}.ts";`),
      'import type { ResourceRef } from "#gen/api/resource-ref.ts";',
      "",
      "/** Every resource that discovery lists. */",
      "export const allResources: readonly ResourceRef[] = [",
      ...refs.map(
        (ref) => `  ${alias(`${packageOfGroup(ref.group ?? "")}/${ref.version}`)}.${ref.name},`,
      ),
      "];",
      "",
    ].join("\n"),
  );
}
