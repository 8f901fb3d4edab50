/**
 * What types and fields mean, for `kubectl explain`: read from the docstrings that the npm package
 * @kubernetes/client-node publishes with its models, when a document is first asked for. Without the package
 * documents have types alone.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Fields, isFields } from "#resources/apiextensions/v1/values/schema.ts";

interface Model {
  readonly text: string | undefined;
  /** By name without anything but letters and digits: the models write `x_kubernetes_list_type`, `_default`. */
  readonly fields: ReadonlyMap<string, string>;
}

const plainName = (name: string): string => name.replace(/[^A-Za-z0-9]/g, "").toLowerCase();

/** The comment of a model file is one line; quotes are escaped in it. */
function sentence(line: string): string {
  return line.trim().replace(/^\* ?/, "").replace(/\\(.)/g, "$1");
}

/** Pure: a model's declaration file. */
export function modelOf(declaration: string): Model {
  const text = /\/\*\*\n((?:\s*\*(?!\/).*\n)+?)\s*\*\/\nexport declare class/.exec(
    declaration,
  )?.[1];
  const fields = new Map<string, string>();
  const field = /\/\*\*\n((?:\s*\*(?!\/).*\n)+?)\s*\*\/\n\s*'([^']+)'\??:/g;
  for (const [, comment = "", name = ""] of declaration.matchAll(field)) {
    fields.set(plainName(name), comment.trim().split("\n").map(sentence).join(" "));
  }
  return { text: text?.trim().split("\n").map(sentence).join(" "), fields };
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

interface Package {
  readonly directory: string;
  readonly version: string;
  /** Of the models, without their ending. */
  readonly names: readonly string[];
}

const ending = ".d.ts";

/** undefined: it is not installed. */
function findPackage(): Package | undefined {
  try {
    const require = createRequire(import.meta.url);
    const entry = require.resolve("@kubernetes/client-node");
    const directory = join(dirname(entry), "gen/models");
    const facts: unknown = JSON.parse(
      readFileSync(join(dirname(entry), "../package.json"), "utf8"),
    );
    const files = readdirSync(directory).filter((file) => file.endsWith(ending));
    const names = files.map((file) => file.slice(0, -ending.length));
    return { directory, names, version: String(isFields(facts) ? facts["version"] : "") };
  } catch {
    return undefined;
  }
}

/** The model of `io.k8s.api.core.v1.Container`: V1Container, or CoreV1Container where two groups have one. */
function modelName(schemaName: string, names: readonly string[]): string | undefined {
  const [kind = "", version = "", group = ""] = schemaName.split(".").reverse();
  const plain = `${capital(version)}${kind}`;
  const exact = [`${capital(group)}${plain}`, plain].find((name) => names.includes(name));
  if (exact !== undefined || kind === "") return exact;
  // A kind that became stable after the package was made is described by its last preview.
  const preview = new RegExp(`^V\\d+(alpha|beta)\\d+${kind.replace(/\W/g, "")}$`);
  return names.filter((name) => preview.test(name)).at(-1);
}

export class Descriptions {
  #found: Package | "none" | undefined;

  /** Looked for when first asked for: a server that nobody asks starts without it. */
  get #package(): Package | undefined {
    this.#found ??= findPackage() ?? "none";
    return this.#found === "none" ? undefined : this.#found;
  }

  /** Of the package that they come from; empty: it is not installed. */
  get version(): string {
    return this.#package?.version ?? "";
  }

  /** Writes descriptions into schemas by name (`io.k8s.api.core.v1.Pod`), in place. */
  async addTo(schemas: Fields): Promise<void> {
    const found = this.#package;
    if (found === undefined) return;
    const { directory, names } = found;
    for (const [schemaName, schema] of Object.entries(schemas)) {
      const name = modelName(schemaName, names);
      if (name === undefined || !isFields(schema)) continue;
      describe(schema, modelOf(await readFile(join(directory, `${name}${ending}`), "utf8")));
    }
    for (const schema of Object.values(schemas)) describeReferences(schema, schemas);
  }
}

function describe(schema: Fields, { text, fields }: Model): void {
  if (text !== undefined) schema["description"] = text;
  const { properties } = schema;
  if (!isFields(properties)) return;
  for (const [name, property] of Object.entries(properties)) {
    const told = fields.get(plainName(name));
    if (told !== undefined && isFields(property)) property["description"] = told;
  }
}

/** The package has no words of their own for fields that are one other type: that type's stand for them. */
function describeReferences(schema: unknown, schemas: Fields): void {
  const properties = isFields(schema) ? schema["properties"] : undefined;
  if (!isFields(properties)) return;
  for (const property of Object.values(properties)) {
    if (!isFields(property) || property["description"] !== undefined) continue;
    const { $ref, allOf } = property;
    const wrapped: unknown = Array.isArray(allOf) ? allOf[0] : undefined;
    const target = $ref ?? (isFields(wrapped) ? wrapped["$ref"] : undefined);
    const type = typeof target === "string" ? schemas[target.split("/").at(-1) ?? ""] : undefined;
    const text = isFields(type) ? type["description"] : undefined;
    if (text !== undefined) property["description"] = text;
  }
}
