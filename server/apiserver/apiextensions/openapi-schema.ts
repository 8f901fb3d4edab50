/** A definition's schema as OpenAPI publishes it: with what every object has, and for v2 only what v2 can say. */
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Fields } from "#resources/apiextensions/v1/values/schema.ts";

export type OpenApiVersion = "v2" | "v3";

const metaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1";

export function refTo(name: string, version: OpenApiVersion): Fields {
  const room = version === "v2" ? "#/definitions/" : "#/components/schemas/";
  return { $ref: `${room}${name}` };
}

/** A field of another type: v3 wraps it, so that something may stand beside. */
function fieldOf(name: string, description: string, version: OpenApiVersion): Fields {
  const ref = refTo(`${metaPackage}.${name}`, version);
  return { description, ...(version === "v2" ? ref : { allOf: [ref] }) };
}

/** `com.example.stable.v1.CronTab`: the group's words backwards. */
export function definitionName({ group, version, kind }: ResourceRef): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** What v2 has no words for. */
const notInV2 = ["default", "nullable", "allOf", "anyOf", "oneOf", "not"] as const;

function published(schema: JSONSchemaProps, version: OpenApiVersion): Fields {
  const { properties, items, additionalProperties, ...rest } = schema;
  const made: Fields = { ...rest };
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (version === "v2") for (const name of notInV2) delete made[name];
  if (version === "v2" && schema.nullable === true) delete made["type"];
  const told = version === "v3" || (!open && schema.nullable !== true);
  if (schema["x-kubernetes-int-or-string"] === true && version === "v3") {
    made["anyOf"] = [{ type: "integer" }, { type: "string" }];
  }
  if (told && properties !== undefined) made["properties"] = publishedAll(properties, version);
  if (told && items !== undefined && !Array.isArray(items))
    made["items"] = published(items, version);
  if (additionalProperties !== undefined) {
    made["additionalProperties"] =
      typeof additionalProperties === "boolean"
        ? additionalProperties
        : published(additionalProperties, version);
  }
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  return embedded && told ? asObject(made, version) : made;
}

function publishedAll(
  properties: Readonly<Record<string, JSONSchemaProps>>,
  version: OpenApiVersion,
): Fields {
  const all = Object.entries(properties);
  return Object.fromEntries(all.map(([name, one]) => [name, published(one, version)]));
}

const objectSentences = {
  apiVersion: "APIVersion defines the version of the schema that this object is written in.",
  kind: "Kind defines what this object is.",
  metadata: "Standard object's metadata: its name, its labels, and whose it is.",
  listMetadata: "Standard list metadata: how new the list is, and how it goes on.",
};

function asObject(schema: Fields, version: OpenApiVersion): Fields {
  return {
    ...schema,
    properties: {
      ...(schema["properties"] as Fields | undefined),
      apiVersion: { type: "string", description: objectSentences.apiVersion },
      kind: { type: "string", description: objectSentences.kind },
      metadata: fieldOf("ObjectMeta", objectSentences.metadata, version),
    },
  };
}

/** The definitions of a resource's kind and of its list, by name. */
export function definitionsOf(
  ref: ResourceRef,
  listKind: string,
  schema: JSONSchemaProps,
  version: OpenApiVersion,
): Record<string, Fields> {
  const name = definitionName(ref);
  const gvk = (kind: string) => ({
    "x-kubernetes-group-version-kind": [{ group: ref.group, kind, version: ref.version }],
  });
  // A v2 client would refuse what a schema does not name: one that takes everything is not told at all.
  const open = version === "v2" && schema["x-kubernetes-preserve-unknown-fields"] === true;
  const shown = open
    ? { type: "object", ...(schema.description ? { description: schema.description } : {}) }
    : asObject(published(schema, version), version);
  return {
    [name]: { ...shown, ...gvk(ref.kind) },
    [definitionName({ ...ref, kind: listKind })]: {
      description: `${listKind} is a list of ${ref.kind}`,
      type: "object",
      required: ["items"],
      properties: {
        apiVersion: { type: "string", description: objectSentences.apiVersion },
        items: { type: "array", items: refTo(name, version) },
        kind: { type: "string", description: objectSentences.kind },
        metadata: fieldOf("ListMeta", objectSentences.listMetadata, version),
      },
      ...gvk(listKind),
    },
  };
}
