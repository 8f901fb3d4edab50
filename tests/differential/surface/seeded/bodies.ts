/** M6: fields that nobody knows, or that stand twice, anywhere in a body, in JSON and YAML, on every verb and resource. */
import { stringify } from "yaml";
import { placesIn, valueAt } from "../../mutations.ts";
import type { Maker } from "../../values.ts";
import type { Row } from "../row.ts";
import { collectionOf, gone, made, pathOf, stored } from "./stored.ts";

type Base = (typeof stored)[number];
type Choices = Maker["choices"];

const marker = '"zzMarker":1';
const validations = [
  "",
  "&fieldValidation=Strict",
  "&fieldValidation=Warn",
  "&fieldValidation=Ignore",
];
const odd = ["&fieldValidation=strict", "&fieldValidation=x", "&fieldValidation="];

/** A copy with a marked field in some of its maps. */
function marked(choices: Choices, base: Base, count: number): unknown {
  const object = base.at("NS");
  const maps = placesIn(base.schema, object)
    .map(({ path }) => path)
    .filter((path) => isMap(valueAt(object, path)));
  for (let turn = count; turn > 0; turn--) {
    const at = maps.length === 0 || choices.fraction() < 0.2 ? [] : choices.of(maps);
    Object.assign(valueAt(object, at) as object, { zzMarker: 1 });
  }
  return object;
}

const isMap = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of a map's own first field, said again. */
function doubled(choices: Choices, text: string): string {
  const fields = [...text.matchAll(/"(\w+)":("[^"\\]*"|\d+|true|false)(?=[,}])/g)];
  const field = fields.length === 0 ? undefined : choices.of(fields);
  if (field === undefined) return text;
  const [whole = "", name = ""] = field;
  const again = choices.of([whole, `"${name}":null`, `"${name.toUpperCase()}":1`]);
  return `${text.slice(0, field.index)}${whole},${again}${text.slice(field.index + whole.length)}`;
}

function jsonBody(choices: Choices, base: Base): string {
  const text = JSON.stringify(marked(choices, base, choices.below(3)));
  const named = text.replaceAll(marker, () =>
    choices.of(['"nope":1', '"nope":{"a":1}', '"Kind":"x"', '"spec ":1', '"a.b/c":[]', '"":1']),
  );
  return choices.fraction() < 0.5 ? doubled(choices, named) : named;
}

function yamlBody(choices: Choices, base: Base): string {
  const text = stringify(marked(choices, base, 1));
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.includes("zzMarker"));
  const line = lines[at] ?? "";
  const field = choices.of(["nope: 1", "nope: 1", "zz: [a, b]"]);
  lines[at] = line.replace("zzMarker: 1", field);
  if (choices.fraction() < 0.4) lines.splice(at, 0, lines[at] ?? "");
  return lines.join("\n");
}

function row(choices: Choices, base: Base): Row {
  const isYaml = choices.fraction() < 0.3;
  const body = isYaml ? yamlBody(choices, base) : jsonBody(choices, base);
  const type = isYaml ? "application/yaml" : "application/json";
  const validation = choices.of(choices.fraction() < 0.06 ? odd : validations);
  const dice = choices.fraction();
  const query = `?dryRun=All${validation}`;
  if (dice < 0.4) return { at: "M6", ask: `POST ${collectionOf(base)}${query}`, type, body };
  if (dice < 0.65) return { at: "M6", ask: `PUT ${pathOf(base)}${query}`, type, body };
  if (dice < 0.75 && base.hasStatus)
    return { at: "M6", ask: `PUT ${pathOf(base)}/status${query}`, type, body };
  const patches = [
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
  ];
  const patch = isYaml ? "application/apply-patch+yaml" : choices.of(patches);
  const manager = patch.includes("apply") ? "&fieldManager=one&force=true" : "";
  return { at: "M6", ask: `PATCH ${pathOf(base)}${query}${manager}`, type: patch, body };
}

const perObject = 10;

export function bodyRows({ choices }: Maker): readonly Row[] {
  return stored.flatMap((base): Row[] => [
    ...made(base),
    ...Array.from({ length: perObject }, () => row(choices, base)),
    ...gone(base),
  ]);
}
