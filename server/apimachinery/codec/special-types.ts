/** How the types that are not built from fields travel in protobuf: their JSON form here, their message there. */
import { Buffer } from "node:buffer";
import { assert } from "#apimachinery/assert.ts";
import { canonicalQuantity, QuantityError } from "#apimachinery/quantity.ts";
import type { SpecialName } from "#apimachinery/schema.ts";
import { badRequest } from "#apimachinery/status.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** Writes the body of the special type's message; a value of undefined is Go's zero value. */
export type SpecialEncoder = (value: unknown, writer: WireWriter) => void;
/** Reads the message's body; undefined is what upstream's JSON prints as null. */
export type SpecialDecoder = (reader: WireReader) => unknown;

const tagOf = (number: number, wireType: number): number => (number << 3) | wireType;
const varint1 = tagOf(1, 0);
const varint2 = tagOf(2, 0);
const length1 = tagOf(1, 2);
const length3 = tagOf(3, 2);

function encodeSeconds(value: unknown, writer: WireWriter): void {
  if (typeof value !== "string") return;
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds)) return;
  writer.int(varint2, 0);
  writer.int(varint1, Math.floor(milliseconds / 1000));
}

function encodeMicroseconds(value: unknown, writer: WireWriter): void {
  if (typeof value !== "string") return;
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds)) return;
  const fraction = /\.(\d{1,6})/.exec(value)?.[1] ?? "";
  writer.int(varint2, Number(fraction.padEnd(6, "0")) * 1000);
  writer.int(varint1, Math.floor(milliseconds / 1000));
}

/** Seconds and nanoseconds; undefined where the message is empty, which is Go's zero time. */
function readTimestamp(reader: WireReader): { seconds: number; nanos: number } | undefined {
  if (reader.position >= reader.end) return undefined;
  let seconds = 0;
  let nanos = 0;
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === varint1) seconds = reader.int();
    else if (tag === varint2) nanos = reader.int();
    else reader.skip(tag);
  }
  return { seconds, nanos };
}

/** What RFC 3339 can say: the years 0 to 9999. */
const secondsMin = -62_167_219_200;
const secondsMax = 253_402_300_799;

/** Texts of the seconds seen lately: an object's times are mostly few, and the same in many objects. */
const timeSlots = 1024;
const timeSeconds = new Float64Array(timeSlots).fill(Number.NaN);
const timeTexts: string[] = new Array(timeSlots).fill("");

/** `2026-01-01T00:00:00`. */
function formatSeconds(seconds: number): string {
  const slot = seconds & (timeSlots - 1);
  if (timeSeconds[slot] === seconds) return timeTexts[slot] as string;
  if (seconds < secondsMin || seconds > secondsMax) throw badRequest("time: year outside of range");
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  timeSeconds[slot] = seconds;
  timeTexts[slot] = text;
  return text;
}

function decodeSeconds(reader: WireReader): string | undefined {
  const timestamp = readTimestamp(reader);
  return timestamp === undefined ? undefined : `${formatSeconds(timestamp.seconds)}Z`;
}

function decodeMicroseconds(reader: WireReader): string | undefined {
  const timestamp = readTimestamp(reader);
  if (timestamp === undefined) return undefined;
  const nanos = Math.min(Math.max(timestamp.nanos, 0), 999_999_999);
  const micros = String(Math.floor(nanos / 1000)).padStart(6, "0");
  return `${formatSeconds(timestamp.seconds)}.${micros}Z`;
}

function encodeQuantity(value: unknown, writer: WireWriter): void {
  writer.string(length1, value === undefined || value === null ? "0" : String(value));
}

/** Most quantities come again; a bound keeps a hostile client from filling the map. */
const canonical = new Map<string, string>();
const canonicalMax = 4096;

/** The canonical text; throws QuantityError. */
export function quantityText(text: string): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const found = canonicalQuantity(text);
  if (canonical.size >= canonicalMax) canonical.clear();
  canonical.set(text, found);
  return found;
}

function decodeQuantity(reader: WireReader): string {
  const text = readOnlyString(reader);
  try {
    return text === "" ? "0" : quantityText(text);
  } catch (error) {
    if (error instanceof QuantityError) throw badRequest(error.message);
    throw error;
  }
}

/** The body of a message whose only field is a string. */
function readOnlyString(reader: WireReader): string {
  let text = "";
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === length1) text = reader.string();
    else reader.skip(tag);
  }
  return text;
}

function encodeIntOrString(value: unknown, writer: WireWriter): void {
  const text = typeof value === "string";
  writer.string(length3, text ? value : "");
  writer.int(varint2, typeof value === "number" ? value : 0);
  writer.int(varint1, text ? 1 : 0);
}

function decodeIntOrString(reader: WireReader): number | string {
  let type = 0;
  let number = 0;
  let text = "";
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === varint1) type = reader.int();
    else if (tag === varint2) number = reader.int() | 0;
    else if (tag === length3) text = reader.string();
    else reader.skip(tag);
  }
  return type === 0 ? number : text;
}

function encodeDuration(value: unknown, writer: WireWriter): void {
  writer.int(varint1, typeof value === "string" ? (parseDuration(value) ?? 0) : 0);
}

function decodeDuration(reader: WireReader): string {
  let nanoseconds = 0;
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === varint1) nanoseconds = reader.int();
    else reader.skip(tag);
  }
  return formatDuration(nanoseconds);
}

/** RawExtension, FieldsV1 and JSON: the JSON text as bytes. */
function encodeJsonText(value: unknown, writer: WireWriter): void {
  if (value === undefined) return;
  writer.string(length1, JSON.stringify(value) ?? "null");
}

/** The bytes of field 1, undefined where absent. */
function readOnlyBytes(reader: WireReader): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === length1) found = reader.bytes();
    else reader.skip(tag);
  }
  return found;
}

const utf8 = new TextDecoder();

export function parseEmbeddedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) ?? undefined;
  } catch {
    throw badRequest("the embedded object is not JSON");
  }
}

function decodeJsonText(reader: WireReader): unknown {
  const bytes = readOnlyBytes(reader);
  return bytes === undefined || bytes.length === 0 ? undefined : parseEmbeddedJson(bytes);
}

const envelopeMagic = Buffer.from("k8s\0");

/** Set by protobuf.ts: a RawExtension may hold a whole enveloped object. */
let decodeEnveloped: ((bytes: Uint8Array) => unknown) | undefined;

export function onEnveloped(decode: (bytes: Uint8Array) => unknown): void {
  decodeEnveloped = decode;
}

function decodeRawExtension(reader: WireReader): unknown {
  const bytes = readOnlyBytes(reader);
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (!envelopeMagic.equals(bytes.subarray(0, envelopeMagic.length))) {
    return parseEmbeddedJson(bytes);
  }
  assert(decodeEnveloped !== undefined, "protobuf.ts is loaded");
  return decodeEnveloped(bytes);
}

export const specialEncoders: Partial<Record<SpecialName, SpecialEncoder>> = {
  Quantity: encodeQuantity,
  IntOrString: encodeIntOrString,
  Time: encodeSeconds,
  MicroTime: encodeMicroseconds,
  Duration: encodeDuration,
  RawExtension: encodeJsonText,
  FieldsV1: encodeJsonText,
  JSON: encodeJsonText,
};

export const specialDecoders: Partial<Record<SpecialName, SpecialDecoder>> = {
  Quantity: decodeQuantity,
  IntOrString: decodeIntOrString,
  Time: decodeSeconds,
  MicroTime: decodeMicroseconds,
  Duration: decodeDuration,
  RawExtension: decodeRawExtension,
  FieldsV1: decodeJsonText,
  JSON: decodeJsonText,
};
