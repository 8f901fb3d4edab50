/** YAML in and out of the server: the same objects as JSON, with bounds on aliases and size. */

import { parseDocument, stringify } from "yaml";
import { badRequest } from "#apimachinery/status.ts";
import { type DecodedJson, decodeJson, encodeJson } from "./json.ts";
import { countKeys, countMembers } from "./json-scan.ts";
import type { Kinded } from "./protobuf.ts";

/** Copies of anchored nodes; a text that wants more is a bomb. */
const aliasesMax = 100;
/** Upstream's request limit. */
const textBytesMax = 3 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8");

/** The only document of the text, checked as `decodeJson` checks JSON. Throws ApiError BadRequest. */
export function decodeYaml(bytes: Uint8Array, expect?: Kinded): DecodedJson {
  const { value, duplicateFields } = parseYaml(bytes);
  const decoded = decodeJson(encodeJson(value), expect, { ignoreDuplicates: true });
  return { ...decoded, duplicateFields };
}

interface Parsed {
  readonly value: unknown;
  readonly duplicateFields: string[];
  /** Of the duplicates, from 1. */
  readonly lines: number[];
}

/** What the text holds, and the names of keys that stand twice in one map. */
function parseYaml(bytes: Uint8Array): Parsed {
  if (bytes.length > textBytesMax) throw badRequest("yaml: the text is too long");
  const text = utf8.decode(bytes);
  try {
    const document = parseDocument(text, { logLevel: "silent" });
    const doubles = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
    const other = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
    if (other !== undefined) throw other;
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax }) ?? {};
    const starts = doubles.map(({ pos: [start] }) => start);
    return {
      value,
      duplicateFields: starts.map((start) => keyAt(text, start)),
      lines: starts.map((start) => text.slice(0, start).split("\n").length),
    };
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

/** Throws ApiError BadRequest. */
export function decodeYamlMap(bytes: Uint8Array): DecodedMap {
  const json = jsonMap(utf8.decode(bytes));
  if (json !== undefined) return { value: json, doubles: [] };
  const { value, duplicateFields, lines } = parseYaml(bytes);
  if (!isMap(value)) {
    const what = Array.isArray(value) ? "array" : typeof value;
    throw badRequest(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
    );
  }
  const doubles = duplicateFields.map(
    (key, index) => `line ${lines[index]}: key ${JSON.stringify(key)} already set in map`,
  );
  return { value, doubles };
}

function keyAt(text: string, start: number): string {
  return /^["']?([^"':\n]*)/.exec(text.slice(start))?.[1] ?? "";
}

export function encodeYaml(object: unknown): Uint8Array {
  return new TextEncoder().encode(stringify(object, { aliasDuplicateObjects: false }));
}
