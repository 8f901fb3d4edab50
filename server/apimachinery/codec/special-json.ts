/** The special types in JSON: what upstream accepts, in its one canonical form, and its sentence for the rest. */
import { Buffer } from "node:buffer";
import { QuantityError } from "#apimachinery/quantity.ts";
import type { SpecialName } from "#apimachinery/schema.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { durationFault, formatDuration, parseDuration } from "./duration.ts";
import { quantityText } from "./special-types.ts";

/** A value that upstream's own unmarshaller refuses: its sentence stands alone, without the field's name. */
export class UnreadableValue extends Error {}

/** A value of the wrong JSON type: the sentence names the field and this Go type. */
export class WrongJsonType extends Error {
  readonly go: string;

  constructor(go: string) {
    super(go);
    this.go = go;
  }
}

const quantityWrong =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function quantity(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") {
    throw new UnreadableValue(quantityWrong);
  }
  try {
    return quantityText(String(value).trim());
  } catch (error) {
    if (error instanceof QuantityError) throw new UnreadableValue(error.message);
    throw error;
  }
}

const int32Max = 2 ** 31;

function intOrString(value: unknown): number | string {
  if (typeof value === "string") return value;
  if (typeof value !== "number") throw new WrongJsonType("int32");
  if (!Number.isInteger(value) || value >= int32Max || value < -int32Max) {
    throw new WrongJsonType("int32");
  }
  return value;
}

const secondsShape = /^\d{4}-(?:0\d|1[0-2])-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const layouts = {
  Time: "2006-01-02T15:04:05Z07:00",
  MicroTime: "2006-01-02T15:04:05.000000Z07:00",
};
const partShapes: readonly (readonly [shape: RegExp, part: string])[] = [
  [/^\d{4}/, "2006"],
  [/^-/, "-"],
  [/^\d\d/, "01"],
  [/^-/, "-"],
  [/^\d\d/, "02"],
  [/^T/, "T"],
  [/^\d\d?/, "15"],
  [/^:/, ":"],
  [/^\d\d/, "04"],
  [/^:/, ":"],
  [/^\d\d/, "05"],
];

/** Go's complaint about a text that does not follow the layout. */
function timeSentence(text: string, layout: string): string {
  const head = `parsing time ${JSON.stringify(text)}`;
  let rest = text;
  const cannot = (part: string): string =>
    `${head} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${part}"`;
  for (const [shape, part] of partShapes) {
    const match = shape.exec(rest);
    if (match === null) return cannot(part);
    rest = rest.slice(match[0].length);
  }
  const fraction = /^[.,]\d+/.exec(rest)?.[0] ?? "";
  if (layout === layouts.MicroTime && fraction.length !== 7) return cannot(".000000");
  rest = rest.slice(fraction.length);
  const zone = /^(?:Z|[+-]\d\d:\d\d)/.exec(rest);
  if (zone === null) return cannot("Z07:00");
  rest = rest.slice(zone[0].length);
  if (rest !== "") return `${head}: extra text: ${JSON.stringify(rest)}`;
  const [, month = "", , hour = "", minute = "", second = ""] =
    /^\d{4}-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)/.exec(text) ?? [];
  if (Number(month) < 1 || Number(month) > 12) return `${head}: month out of range`;
  if (Number(hour) > 23) return `${head}: hour out of range`;
  if (Number(minute) > 59) return `${head}: minute out of range`;
  if (Number(second) > 59) return `${head}: second out of range`;
  if (/[+-](?:2[5-9]|[3-9]\d):\d\d$/.test(text))
    return `${head}: time zone offset hour out of range`;
  const isZone = /:(?:6[1-9]|[7-9]\d)$/.test(text);
  return isZone ? `${head}: time zone offset minute out of range` : `${head}: day out of range`;
}

function time(value: unknown): string {
  if (typeof value !== "string") throw new WrongJsonType("string");
  if (secondsShape.test(value)) return value;
  const parsed = parseTime(value);
  if (parsed === undefined) throw new UnreadableValue(timeSentence(value, layouts.Time));
  return formatTime(parsed);
}

const microShape = /^\d{4}-\d\d-\d\dT\d\d?:\d\d:\d\d\.(\d{6})(?:Z|[+-]\d\d:\d\d)$/;

function microTime(value: unknown): string {
  if (typeof value !== "string") throw new WrongJsonType("string");
  const micros = microShape.exec(value)?.[1];
  const parsed = micros === undefined ? undefined : parseTime(value);
  if (parsed === undefined) throw new UnreadableValue(timeSentence(value, layouts.MicroTime));
  return `${formatTime(parsed).slice(0, -1)}.${micros}Z`;
}

function duration(value: unknown): string {
  if (typeof value !== "string") throw new WrongJsonType("string");
  const nanoseconds = parseDuration(value);
  if (nanoseconds === undefined) throw new UnreadableValue(durationFault(value));
  return formatDuration(nanoseconds);
}

const untouched = (value: unknown): unknown => value;

/** Canonical value of a special type that holds no schema; throws UnreadableValue or WrongJsonType. */
export const specialReaders: Partial<Record<SpecialName, (value: unknown) => unknown>> = {
  Quantity: quantity,
  IntOrString: intOrString,
  Time: time,
  MicroTime: microTime,
  Duration: duration,
  RawExtension: untouched,
  FieldsV1: untouched,
  JSON: untouched,
};

const base64Shape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const byteMax = 255;

/** Go takes bytes as a list of numbers too, null for zero; undefined: not such a list. */
export function listedBytes(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = value.map((item: unknown) => item ?? 0);
  const isByte = (item: unknown): item is number =>
    typeof item === "number" && Number.isInteger(item) && item >= 0 && item <= byteMax;
  return numbers.every(isByte) ? Buffer.from(numbers).toString("base64") : undefined;
}

/** Standard base64 with its padding; line breaks are let through, as Go does. */
export function base64Text(value: string): string {
  if (base64Shape.test(value)) return value;
  const joined = value.replace(/[\r\n]/g, "");
  if (base64Shape.test(joined)) return joined;
  const stray = /[^A-Za-z0-9+/]/.exec(joined)?.index ?? joined.length - (joined.length % 4);
  throw new UnreadableValue(`illegal base64 data at input byte ${stray}`);
}
