/** JSON in and out of the server: parsed, checked field by field against the schema, in upstream's shape. */
import { Buffer } from "node:buffer";
import { assert } from "#apimachinery/assert.ts";
import { type StructType, schemaOf, structOf } from "#apimachinery/schema.ts";
import { badRequest } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { intakeOf } from "./json-intake.ts";
import { hasUnusualNumbers, type NumberTexts, parseWithNumbers } from "./json-numbers.ts";
import { countKeys, countMembers, tooDeep } from "./json-scan.ts";
import { syntaxError } from "./json-syntax.ts";
import { walkJson } from "./json-walk.ts";
import type { Kinded } from "./protobuf.ts";
import { type StrictFaults, strictFaults } from "./strict-faults.ts";

export interface DecodedJson {
  /** Fields of unknown names are gone from it; kind and apiVersion stand, or are empty where nothing said them. */
  readonly object: KubeObject;
  /** `spec.containers[0].foo`; empty where the kind is not in the schema table. */
  readonly unknownFields: string[];
  /** `metadata.labels.a`; the last of the doubles won. */
  readonly duplicateFields: readonly string[];
  /** Where fields stand twice: what is unknown and what is double, in the order of the text. */
  readonly inOrder?: readonly string[];
  /** Of YAML instead of them: `line 1: key "a" already set in map`. */
  readonly yamlDoubles?: readonly string[];
}

export interface JsonOptions {
  /** Do not look for doubles: a request with fieldValidation=Ignore. */
  readonly ignoreDuplicates?: boolean;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

export function encodeJson(object: unknown): Uint8Array {
  return utf8Encoder.encode(JSON.stringify(object));
}

/**
 * Reads an object; `expect` is the kind that the address means, for a body that names none and for the
 * sentences. Invalid UTF-8 becomes U+FFFD, as upstream has it. Throws ApiError BadRequest.
 */
export function decodeJson(
  bytes: Uint8Array,
  expect?: Kinded,
  options: JsonOptions = {},
): DecodedJson {
  const text = utf8.decode(bytes);
  const { parsed, numbers } = parse(bytes, text, expect);
  const faults = options.ignoreDuplicates === true ? undefined : faultsOf(text, parsed, expect);
  const duplicateFields = faults?.duplicateFields ?? [];
  const doubled = {
    duplicateFields,
    ...(duplicateFields.length > 0 && faults !== undefined ? { inOrder: faults.sentences } : {}),
  };
  const object = withKind(parsed, bytes, expect);
  const type = schemaOf(object.apiVersion, object.kind);
  // WatchEvent is the one type that carries no kind of its own; it is no object to take in.
  if (!type?.properties.has("kind")) return { object, unknownFields: [], ...doubled };
  const unknownFields = takeInType(type, object, object, { expect, numbers });
  return { object, unknownFields, ...doubled };
}

/** undefined: nothing stands twice. */
function faultsOf(
  text: string,
  parsed: object,
  expect: Kinded | undefined,
): StrictFaults | undefined {
  if (countMembers(text) === countKeys(parsed)) return undefined;
  const type = expect === undefined ? undefined : schemaOf(expect.apiVersion, expect.kind);
  return strictFaults(text, parsed, type);
}

/** Takes in an object that is already parsed (from YAML, from a patch); returns the unknown fields it took out. */
export function takeInObject(object: KubeObject): string[] {
  const type = schemaOf(object.apiVersion, object.kind);
  return type === undefined ? [] : takeInType(type, object, object, {});
}

/**
 * Checks the metadata of an object whose kind is not in the schema table; returns the unknown fields it took
 * out, as `metadata.foo`. Throws ApiError BadRequest.
 */
export function takeInMetadata(object: KubeObject): string[] {
  // The codec's own type holds nothing but metadata: everything else of the object stays out of its sight.
  const wrapped: Pick<KubeObject, "metadata"> = { metadata: object.metadata ?? {} };
  const unknownFields = takeInType(partialMetadata, wrapped, object, {});
  object.metadata = wrapped.metadata;
  return unknownFields;
}

/** Half of a pair, perhaps: as UTF-8, which objects are stored in, cannot say it alone. */
const halfSurrogate = /\\u[dD][89a-fA-F]/;
const wellFormed = (value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed() : value;

interface Parsed {
  readonly parsed: object;
  readonly numbers?: NumberTexts;
}

function parseText(text: string): { value: unknown; texts?: NumberTexts } {
  if (halfSurrogate.test(text) || hasUnusualNumbers(text))
    return parseWithNumbers(text, wellFormed);
  return { value: JSON.parse(text) };
}

function parse(bytes: Uint8Array, text: string, expect: Kinded | undefined): Parsed {
  let parsed: unknown;
  let numbers: NumberTexts | undefined;
  try {
    if (!tooDeep(bytes)) ({ value: parsed, texts: numbers } = parseText(text));
  } catch {
    parsed = undefined;
  }
  if (parsed === null) return { parsed: {} };
  if (typeof parsed === "object" && !Array.isArray(parsed))
    return numbers === undefined ? { parsed } : { parsed, numbers };
  const sentence = parsed === undefined ? syntaxError(bytes) : notObject(parsed);
  throw unrecognized(sentence ?? "invalid JSON", bytes, expect);
}

const typeMetaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function notObject(value: unknown): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go value of type ${typeMetaStruct}`;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

const summaryBytesMax = 30;

/** The start of a body that could not be read, as upstream shows it: as text, or in hexadecimal. */
export function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const start = Buffer.from(bytes.subarray(0, summaryBytesMax));
  const shown = bytes[0] === 0x7b ? start.toString("utf8") : start.toString("hex");
  return bytes.length > summaryBytesMax ? `${shown} ...` : shown;
}

function unrecognized(sentence: string, bytes: Uint8Array, expect: Kinded | undefined): Error {
  const cause = `couldn't get version/kind; json parse error: ${sentence}`;
  if (expect === undefined) return badRequest(cause);
  return badRequest(
    `the object provided is unrecognized (must be of type ${expect.kind}): ${cause} (${summary(bytes)})`,
  );
}

/** Upstream reads kind and version with Go's own decoder: letters of either case, of several the last that is not null. */
const kindFields: Readonly<Record<string, "kind" | "apiVersion">> = {
  kind: "kind",
  apiversion: "apiVersion",
};

function withKind(parsed: object, bytes: Uint8Array, expect: Kinded | undefined): KubeObject {
  const said = { kind: "", apiVersion: "" };
  for (const [name, value] of Object.entries(parsed)) {
    const field = name.length > "apiVersion".length ? undefined : kindFields[name.toLowerCase()];
    if (field === undefined || value === null) continue;
    if (typeof value !== "string") {
      const sentence = `json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`;
      throw unrecognized(sentence, bytes, expect);
    }
    said[field] = value;
  }
  // The one place where a parsed body becomes an object: its fields are checked right after.
  const object = parsed as KubeObject;
  object.kind = said.kind === "" ? (expect?.kind ?? "") : said.kind;
  object.apiVersion = said.apiVersion === "" ? (expect?.apiVersion ?? "") : said.apiVersion;
  return object;
}

const partialMetadata = structOf("meta.v1.PartialObjectMetadata");

/** `kinded` is what the sentences name. */
function takeInType(
  type: StructType,
  object: object,
  kinded: Kinded,
  { expect, numbers }: { expect?: Kinded | undefined; numbers?: NumberTexts | undefined },
): string[] {
  if (numbers === undefined && tookIn(type, object)) return [];
  const { unknownFields, wrong } = walkJson(type, object, numbers);
  if (wrong !== undefined) throw cannotHandle(kinded, expect, wrong);
  const clean = intakeOf(type)(object);
  assert(clean, `${kinded.apiVersion} ${kinded.kind} is clean once walked`);
  return unknownFields;
}

function tookIn(type: StructType, object: object): boolean {
  try {
    return intakeOf(type)(object);
  } catch {
    // A value that its reader refused: the walk finds it again and says where.
    return false;
  }
}

function cannotHandle(
  { apiVersion, kind }: Kinded,
  expect: Kinded | undefined,
  why: string,
): Error {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${expect?.kind ?? kind}: ${why}`,
  );
}
