/** W10, W11: rows of tables, metadata alone and protobuf, of every resource filled with odd values. */
import { type FieldSchema, type StructType, structOf } from "#apimachinery/schema.ts";
import { changed, changesOf } from "../../areas/fields.ts";
import { type Maker, valueFor } from "../../values.ts";
import type { Json } from "../../words.ts";
import type { Row } from "../row.ts";
import { part, table } from "../rows/read-objects.ts";
import { collectionOf, gone, made, pathOf, stored } from "./stored.ts";

type Base = (typeof stored)[number];

const protobuf = "application/vnd.kubernetes.protobuf";
const forms = [
  table(),
  table(),
  table(),
  table().replace("v=v1", "v=v1beta1"),
  part("PartialObjectMetadata"),
  part("PartialObjectMetadata").replace("json", "vnd.kubernetes.protobuf"),
  "application/yaml",
  protobuf,
];
const lists = [
  table(),
  part("PartialObjectMetadataList"),
  part("PartialObjectMetadataList").replace("json", "vnd.kubernetes.protobuf"),
  protobuf,
  "application/yaml",
  "application/json",
];
const included = ["", "&includeObject=Object", "&includeObject=None"];

/** A few fields of the status, of the right types. */
function statusOf(maker: Maker, { properties }: StructType): Json {
  const { choices } = maker;
  const field: FieldSchema | undefined = properties.get("status");
  if (field?.type.kind !== "struct") return {};
  const fields = [...structOf(field.type.id).properties.values()];
  const some = choices.some(fields, Math.min(0.6, 4 / Math.max(1, fields.length)));
  return Object.fromEntries(some.map((one) => [one.name, valueFor(maker, one.type, one.name, 1)]));
}

function filled(maker: Maker, base: Base): Row {
  const { choices } = maker;
  const accept = choices.of(forms);
  const include = accept.includes("as=Table") ? choices.of(included) : "";
  const object = base.at("NS");
  if (base.hasStatus && choices.fraction() < 0.65)
    return {
      at: "W10",
      ask: `PATCH ${pathOf(base)}/status?dryRun=All${include}`,
      accept,
      type: "application/merge-patch+json",
      body: { status: statusOf(maker, base.schema) },
    };
  return {
    at: "W10",
    ask: `POST ${collectionOf(base)}?dryRun=All${include}`,
    accept,
    body: changed(object, [
      ...changesOf(base, object, maker),
      { path: ["metadata", "name"], value: "other" },
    ]),
  };
}

const reads = (base: Base): readonly Row[] => [
  ...forms.map((accept): Row => ({ at: "W10", ask: `GET ${pathOf(base)}`, accept })),
  ...(base.namespaced
    ? lists.map((accept): Row => ({ at: "W10", ask: `GET ${collectionOf(base)}`, accept }))
    : []),
];

const perObject = 10;

export function cellRows(maker: Maker): readonly Row[] {
  const calm = { ...maker, strangeShare: 0 };
  return stored.flatMap((base): Row[] => [
    ...made(base),
    ...Array.from({ length: perObject }, () => filled(calm, base)),
    ...reads(base),
    ...gone(base),
  ]);
}
