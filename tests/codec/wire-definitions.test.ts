/**
 * The schema table takes wire numbers from upstream's Go types, the .proto files are upstream's published wire
 * definitions: two sources of the same facts, which must agree field by field.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allKinds, type StructType, schemaOf, type TypeSchema } from "#apimachinery/schema.ts";

interface WireField {
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
}

const root = join(import.meta.dirname, "../../proto");
const fieldLine = /^ {2}(?:(optional|repeated) )?(map<.*>|\S+) (\w+) = (\d+);$/;

/** `k8s.io/api/core/v1/generated.proto` -> the prefix of its types in the schema table, `core.v1`. */
function roomOf(path: string): string {
  return path
    .replace(/^k8s\.io\//, "")
    .replace(
      /^(?:api|apimachinery\/pkg\/apis|(?:apiextensions-apiserver|kube-aggregator)\/pkg\/apis)\//,
      "",
    )
    .replace(/^apimachinery\/pkg\//, "")
    .replace(/\/generated\.proto$/, "")
    .replaceAll("/", ".");
}

function readMessages(): Map<string, WireField[]> {
  const messages = new Map<string, WireField[]>();
  const files = readdirSync(join(root, "k8s.io"), { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".proto"))) {
    const room = roomOf(`k8s.io/${file}`);
    let fields: WireField[] = [];
    for (const line of readFileSync(join(root, "k8s.io", file), "utf8").split("\n")) {
      const name = /^message (\w+) /.exec(line)?.[1];
      if (name !== undefined) {
        fields = [];
        messages.set(`${room}.${name}`, fields);
      }
      const [, label, type = "", , number] = fieldLine.exec(line) ?? [];
      if (number === undefined) continue;
      const repeated = label === "repeated" || type.startsWith("map<");
      fields.push({ number: Number(number), type, repeated });
    }
  }
  return messages;
}

const messages = readMessages();

function isWrapped(type: TypeSchema): boolean {
  return type.kind === "list" && type.wrapped;
}

function wireKind(type: TypeSchema): string {
  if (type.kind === "scalar") return type.name === "float64" ? "double" : type.name;
  if (type.kind === "list" && !type.wrapped) return wireKind(type.item);
  return type.kind === "map" ? "map" : "message";
}

function declaredKind({ type }: WireField): string {
  if (type.startsWith("map<")) return "map";
  return /^(?:string|bool|int32|int64|double|bytes)$/.test(type) ? type : "message";
}

function allStructs(): StructType[] {
  const seen = new Map<string, StructType>();
  const visit = (type: TypeSchema): void => {
    if (type.kind === "list") visit(type.item);
    if (type.kind === "map") visit(type.value);
    if (type.kind !== "struct" || seen.has(type.id)) return;
    seen.set(type.id, type);
    for (const field of type.fields) visit(field.type);
  };
  for (const [apiVersion, kind] of allKinds()) {
    const type = schemaOf(apiVersion === "*" ? "v1" : apiVersion, kind);
    if (type !== undefined) visit(type);
  }
  return [...seen.values()].filter(({ fields }) => fields.some(({ number }) => number > 0));
}

test("numbers, labels and types are those of the wire definitions", () => {
  const structs = allStructs();
  expect(structs.length).toBeGreaterThan(1000);
  for (const { id, fields } of structs) {
    // TypeMeta's numbers are the envelope's affair: as a field of an object it has none.
    if (id === "meta.v1.TypeMeta") continue;
    const table = fields
      .filter(({ number }) => number > 0)
      .map(({ number, type }) => {
        const repeated = type.kind === "map" || (type.kind === "list" && !isWrapped(type));
        return `${id} ${number} ${repeated} ${wireKind(type)}`;
      });
    const wire = (messages.get(id) ?? []).map(
      (field) => `${id} ${field.number} ${field.repeated} ${declaredKind(field)}`,
    );
    expect(table.sort()).toEqual(wire.sort());
  }
});
