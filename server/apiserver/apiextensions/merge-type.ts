/** How objects of a custom resource merge under server-side apply, as their schema says it. */
import {
  deduced,
  type ListMerge,
  type MapMerge,
  type MergeField,
  type MergeType,
  mergeTypeOf,
} from "#apimachinery/apply/merge-type.ts";
import { structOf } from "#apimachinery/schema.ts";
import type {
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from "#gen/api/apiextensions/v1.ts";
import { itemSchema } from "#resources/apiextensions/v1/values/schema.ts";

const scalarTypes = {
  integer: { kind: "scalar", scalar: "numeric" },
  number: { kind: "scalar", scalar: "numeric" },
  boolean: { kind: "scalar", scalar: "boolean" },
} as const satisfies Record<string, MergeType>;

function stringType({ format = "" }: JSONSchemaProps): MergeType {
  const plain = format === "" || format === "byte";
  return { kind: "scalar", scalar: plain ? "string" : "untyped" };
}

const textField: MergeField = {
  type: { kind: "scalar", scalar: "string" },
  implicitNull: false,
};

/** What every whole object has beside what its schema says. */
function objectFields(): [string, MergeField][] {
  const metadata = { type: mergeTypeOf(structOf("meta.v1.ObjectMeta")), implicitNull: false };
  return [
    ["apiVersion", textField],
    ["kind", textField],
    ["metadata", metadata],
  ];
}

function mapType(schema: JSONSchemaProps, open: boolean): MapMerge {
  const { properties = {}, additionalProperties } = schema;
  const own = Object.entries(properties).map(
    ([name, field]) => [name, { type: typeOf(field, open), implicitNull: false }] as const,
  );
  const whole = schema["x-kubernetes-embedded-resource"] === true ? objectFields() : [];
  return {
    kind: "map",
    atomic: schema["x-kubernetes-map-type"] === "atomic",
    fields: new Map([...own, ...whole]),
    implicitNulls: [],
    rest: restOf(additionalProperties, open || own.length === 0, open),
  };
}

function restOf(
  schema: JSONSchemaProps["additionalProperties"],
  free: boolean,
  open: boolean,
): MergeType | undefined {
  if (typeof schema === "object") return typeOf(schema, open);
  if (schema === true) return deduced;
  return schema === undefined && free ? deduced : undefined;
}

function listType(schema: JSONSchemaProps, open: boolean): ListMerge {
  const item = itemSchema(schema);
  const type = schema["x-kubernetes-list-type"];
  const names = type === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : [];
  return {
    kind: "list",
    atomic: type !== "map" && type !== "set",
    keys: [...names].sort().map((name) => {
      const absent = item?.properties?.[name]?.default;
      return absent === undefined ? { name } : { name, default: absent };
    }),
    item: item === undefined ? { kind: "any", atomic: true } : typeOf(item, open),
  };
}

/** `inherited`: a part above keeps unknown fields. */
function typeOf(schema: JSONSchemaProps, inherited: boolean): MergeType {
  const open = inherited || schema["x-kubernetes-preserve-unknown-fields"] === true;
  switch (schema.type) {
    case "object":
      return mapType(schema, open);
    case "array":
      return listType(schema, open);
    case "string":
      return stringType(schema);
    case "integer":
    case "number":
    case "boolean":
      return scalarTypes[schema.type];
    default:
      return deduced;
  }
}

/** Of whole objects of a version. */
export function mergeTypeOfVersion({ schema }: CustomResourceDefinitionVersion): MapMerge {
  const said = schema?.openAPIV3Schema ?? { type: "object" };
  const open = said["x-kubernetes-preserve-unknown-fields"] === true;
  const own = mapType(said, open);
  return { ...own, atomic: false, fields: new Map([...own.fields, ...objectFields()]) };
}
