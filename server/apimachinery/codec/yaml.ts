/** YAML in and out of the server: the same objects as JSON, with bounds on aliases and size. */

import { parseDocument, stringify } from "yaml";
import { badRequest } from "#apimachinery/status.ts";
import { type DecodedJson, decodeJson, encodeJson } from "./json.ts";
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

/** What the text holds, and the names of keys that stand twice in one map. */
function parseYaml(bytes: Uint8Array): { value: unknown; duplicateFields: string[] } {
  if (bytes.length > textBytesMax) throw badRequest("yaml: the text is too long");
  const text = utf8.decode(bytes);
  try {
    const document = parseDocument(text, { logLevel: "silent" });
    const doubles = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
    const other = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
    if (other !== undefined) throw other;
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax }) ?? {};
    return { value, duplicateFields: doubles.map(({ pos: [start] }) => keyAt(text, start)) };
  } catch (error) {
    const [sentence] = error instanceof Error ? error.message.split("\n") : [];
    throw badRequest(`error converting YAML to JSON: yaml: ${sentence ?? "malformed"}`);
  }
}

function keyAt(text: string, start: number): string {
  return /^["']?([^"':\n]*)/.exec(text.slice(start))?.[1] ?? "";
}

export function encodeYaml(object: unknown): Uint8Array {
  return new TextEncoder().encode(stringify(object, { aliasDuplicateObjects: false }));
}
