/** YAML in and out of the server: the same objects as JSON, with bounds on aliases and size. */

import { stringify } from "yaml";
import { badRequest } from "#apimachinery/status.ts";
import { type DecodedJson, decodeJson, encodeJson } from "./json.ts";
import { countKeys, countMembers, tooDeep } from "./json-scan.ts";
import type { Kinded } from "./protobuf.ts";
import { readYamlDocument, type YamlDocument } from "./yaml-document.ts";

/** Upstream's request limit. */
const textBytesMax = 3 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8");

/** The only document of the text, checked as `decodeJson` checks JSON. Throws ApiError BadRequest. */
export function decodeYaml(bytes: Uint8Array, expect?: Kinded): DecodedJson {
  const { value, doubles } = parseYaml(bytes);
  const decoded = decodeJson(encodeJson(value), expect, { ignoreDuplicates: true });
  return { ...decoded, yamlDoubles: doubles.map(doubleSentence) };
}

const doubleSentence = ({ key, line }: YamlDocument["doubles"][number]): string =>
  `line ${line}: key ${JSON.stringify(key)} already set in map`;

function parseYaml(bytes: Uint8Array): YamlDocument {
  if (bytes.length > textBytesMax) throw badRequest("yaml: the text is too long");
  const text = utf8.decode(bytes);
  try {
    return readYamlDocument(text);
  } catch (error) {
    const [sentence] = error instanceof Error ? error.message.split("\n") : [];
    throw badRequest(`error converting YAML to JSON: yaml: ${sentence ?? "malformed"}`);
  }
}

/** A map in YAML or JSON, unchecked: what an apply says. */
export interface DecodedMap {
  readonly value: Readonly<Record<string, unknown>>;
  /** `line 1: key "a" already set in map`; the last of the doubles won. */
  readonly doubles: readonly string[];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is JSON is read as JSON: an order of magnitude faster. */
function jsonMap(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) && countMembers(text) === countKeys(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A map that is written in JSON, well and without doubles; undefined: it takes YAML's reader to say. */
export function decodeJsonMap(bytes: Uint8Array): DecodedMap | undefined {
  const value = tooDeep(bytes) ? undefined : jsonMap(utf8.decode(bytes));
  return value && { value, doubles: [] };
}

/** Throws ApiError BadRequest. */
export function decodeYamlMap(bytes: Uint8Array): DecodedMap {
  const json = decodeJsonMap(bytes);
  if (json !== undefined) return json;
  const { value, doubles } = parseYaml(bytes);
  if (!isMap(value)) {
    const what = Array.isArray(value) ? "array" : typeof value;
    throw badRequest(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
    );
  }
  return { value, doubles: doubles.map(doubleSentence) };
}

/** Keys in order, as upstream's. */
export function encodeYaml(object: unknown): Uint8Array {
  const text = stringify(object, {
    aliasDuplicateObjects: false,
    indentSeq: false,
    sortMapEntries: true,
    // What old readers take for a time or a boolean is quoted.
    version: "1.1",
  });
  return new TextEncoder().encode(text);
}
