/**
 * Quantities, exact: `unscaled * 10^scale`, with the notation they were written in. The canonical text is
 * upstream's: no digit is lost, no fraction is left, the exponent is the largest possible. Binary suffixes
 * stay binary, `1e3` stays in exponents, and text that upstream would keep as written is kept.
 */

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  /** The canonical text, where parsing already knew it. */
  readonly text?: string;
}

/** Text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {}

const formatWrong =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixWrong = "unable to parse quantity's suffix";
const numberWrong = "unable to parse numeric part of quantity";

const decimalSuffixes = new Map<string, number>([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const binarySuffixes = new Map<string, number>([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const decimalSuffixOf = new Map([...decimalSuffixes].map(([suffix, power]) => [power, suffix]));
const binarySuffixOf = new Map([...binarySuffixes].map(([suffix, power]) => [power, suffix]));

const int64Max = 2n ** 63n - 1n;
/** Upstream's fast path holds at most 18 decimal digits. */
const fastDigitsMax = 18;
/** A bound of ours: a short text must not become a number of a gigabyte. */
const exponentMax = 1000;
const digitsMax = 1000;
const nanoScale = -9;

const shape = /^([+-]?)(\d*)(\.(\d*))?([eEinumkKMGTP]*[+-]?\d*)$/;

const pow10 = (exponent: number): bigint => 10n ** BigInt(exponent);

/** Division that rounds away from zero, as upstream rounds all quantities. */
function divideUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (quotient * divisor === dividend) return quotient;
  return dividend > 0n ? quotient + 1n : quotient - 1n;
}

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function parseSuffix(suffix: string): Suffix {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: "DecimalSI" };
  const binary = binarySuffixes.get(suffix);
  if (binary !== undefined) return { base: 2, exponent: binary, format: "BinarySI" };
  if (!/^[eE][+-]?\d+$/.test(suffix)) throw new QuantityError(suffixWrong);
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > exponentMax) throw new QuantityError(numberWrong);
  return { base: 10, exponent, format: "DecimalExponent" };
}

/** The same few texts are read over and over: "100m" of every Pod. Emptied when full. */
const parsed = new Map<string, Quantity>();
const parsedMax = 4096;

/** Parses a quantity. Throws QuantityError. */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const quantity = parseText(text);
  if (parsed.size >= parsedMax) parsed.clear();
  parsed.set(text, quantity);
  return quantity;
}

function parseText(text: string): Quantity {
  if (text === "") throw new QuantityError(formatWrong);
  if (text === "0") return { unscaled: 0n, scale: 0, format: "DecimalSI", text };
  const match = shape.exec(text);
  if (match === null || text.length > digitsMax) throw new QuantityError(formatWrong);
  const [, sign = "", digits = "", , fraction = "", suffixText = ""] = match;
  const whole = digits.replace(/^0+/, "") || "0";
  const suffix = parseSuffix(suffixText);
  const shifted = whole + fraction;
  const magnitude = BigInt(shifted);
  const signed = sign === "-" ? -magnitude : magnitude;
  if (suffix.base === 2) return parseBinary(text, { whole, fraction, signed, suffix });
  const scale = suffix.exponent - fraction.length;
  if (shifted.length <= fastDigitsMax && scale >= nanoScale) {
    const asWritten = scale % 3 === 0 && !shifted.endsWith("000") && !shifted.startsWith("0");
    const plain: Quantity = { unscaled: signed, scale, format: suffix.format };
    return asWritten ? { ...plain, text } : plain;
  }
  return { ...atLeastNano(signed, scale), format: suffix.format };
}

interface BinaryParts {
  readonly whole: string;
  readonly fraction: string;
  readonly signed: bigint;
  readonly suffix: Suffix;
}

function parseBinary(text: string, { whole, fraction, signed, suffix }: BinaryParts): Quantity {
  const value = signed << BigInt(suffix.exponent);
  const room = 15 - whole.length - Math.trunc((suffix.exponent * 3) / 10) - 1;
  if (fraction === "" && room >= 0) {
    const plain: Quantity = { unscaled: value, scale: 0, format: "BinarySI" };
    return (signed & 7n) === 0n ? plain : { ...plain, text };
  }
  const exact = atLeastNano(value, -fraction.length);
  const one = exact.scale < 0 ? pow10(-exact.scale) : 1n;
  const size = exact.unscaled < 0n ? -exact.unscaled : exact.unscaled;
  if (size > int64Max * one)
    return { unscaled: signed < 0n ? -int64Max : int64Max, scale: 0, format: "BinarySI" };
  const small = size > 0n && size < one;
  return { ...exact, format: small ? "DecimalSI" : "BinarySI" };
}

/** What is asked for is never rounded to nothing: below a nano it becomes one. */
function atLeastNano(unscaled: bigint, scale: number): { unscaled: bigint; scale: number } {
  if (scale >= nanoScale) return { unscaled, scale };
  return { unscaled: divideUp(unscaled, pow10(nanoScale - scale)), scale: nanoScale };
}

/** The value in units of 10^scale, rounded away from zero. */
function atScale(quantity: Quantity, scale: number): bigint {
  const shift = quantity.scale - scale;
  if (shift >= 0) return quantity.unscaled * pow10(shift);
  return divideUp(quantity.unscaled, pow10(-shift));
}

/** The canonical text of a quantity. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text;
  if (quantity.unscaled === 0n) return "0";
  if (quantity.format === "BinarySI") {
    const whole = wholeOf(quantity);
    if (whole !== undefined && (whole <= -1024n || whole >= 1024n)) return formatBinary(whole);
  }
  return formatDecimal(quantity);
}

/** The value as an integer; undefined where it has a fraction. */
function wholeOf(quantity: Quantity): bigint | undefined {
  if (quantity.scale >= 0) return quantity.unscaled * pow10(quantity.scale);
  const divisor = pow10(-quantity.scale);
  const whole = quantity.unscaled / divisor;
  return whole * divisor === quantity.unscaled ? whole : undefined;
}

function formatBinary(whole: bigint): string {
  let value = whole;
  let power = 0;
  while (value % 1024n === 0n && power < 60) {
    value /= 1024n;
    power += 10;
  }
  return `${value}${binarySuffixOf.get(power) ?? ""}`;
}

function formatDecimal(quantity: Quantity): string {
  let value = quantity.unscaled;
  let power = quantity.scale;
  while (value % 10n === 0n) {
    value /= 10n;
    power += 1;
  }
  // Binary notation that falls back here has decimal suffixes, as upstream prints it.
  const exponents = quantity.format === "DecimalExponent";
  while (power % 3 !== 0 || (!exponents && power > 18)) {
    value *= 10n;
    power -= 1;
  }
  if (exponents) return power === 0 ? `${value}` : `${value}e${power}`;
  return `${value}${decimalSuffixOf.get(power) ?? ""}`;
}

/** Most quantities of a cluster: no need to parse them to know that they are canonical. */
const plainDecimal = /^[1-9]\d{0,11}[mkMG]?$/;
const plainBinary = /^[1-9]\d{0,4}[KMG]i$/;

function isCanonicalAtSight(text: string): boolean {
  if (plainDecimal.test(text)) return !/000[mkMG]?$/.test(text);
  if (!plainBinary.test(text)) return false;
  return (Number.parseInt(text, 10) & 7) !== 0;
}

/** The canonical text of a text. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  return isCanonicalAtSight(text) ? text : formatQuantity(parseQuantity(text));
}

/** -1, 0 or 1. */
export function compareQuantity(a: Quantity, b: Quantity): number {
  const scale = Math.min(a.scale, b.scale);
  const left = atScale(a, scale);
  const right = atScale(b, scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, in the first one's notation unless it is zero. */
export function addQuantity(a: Quantity, b: Quantity): Quantity {
  const scale = Math.min(a.scale, b.scale);
  const format = a.unscaled === 0n ? b.format : a.format;
  return { unscaled: atScale(a, scale) + atScale(b, scale), scale, format };
}

/** The difference, in the first one's notation unless it is zero. */
export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return addQuantity(a, { unscaled: -b.unscaled, scale: b.scale, format: b.format });
}

function measure(text: string, scale: number): number {
  return Number(atScale(parseQuantity(text), scale));
}

const plainNumber = /^[1-9]\d{0,8}$/;
const milliNumber = /^[1-9]\d{0,8}m$/;
const binaryNumber = /^([1-9]\d{0,4})([KMG])i$/;
const binaryUnits: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** The value as an integer, rounded away from zero; inexact above 2^53. Throws QuantityError. */
export function quantityValue(text: string): number {
  if (plainNumber.test(text)) return Number(text);
  const binary = binaryNumber.exec(text);
  if (binary !== null) return Number(binary[1]) * (binaryUnits[binary[2] ?? ""] ?? 0);
  return measure(text, 0);
}

/** The value in thousandths, rounded away from zero; inexact above 2^53. Throws QuantityError. */
export function quantityMilli(text: string): number {
  if (plainNumber.test(text)) return Number(text) * 1000;
  if (milliNumber.test(text)) return Number.parseInt(text, 10);
  return measure(text, -3);
}

/** -1, 0 or 1. Throws QuantityError. */
export function quantitySign(text: string): number {
  const { unscaled } = parseQuantity(text);
  return unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0;
}

/**
 * Whether upstream takes it for a whole number. It counts thousandths in 64 bits: beyond them the product wraps around
 * where it is made in one step, and is nothing where it is made in many.
 */
export function isWholeQuantity(text: string): boolean {
  if (plainNumber.test(text)) return true;
  const { unscaled, scale } = parseQuantity(text);
  if (scale < 0) return unscaled % 10n ** BigInt(-scale) === 0n;
  if (!oneStepScales.has(scale)) return true;
  return BigInt.asIntN(64, unscaled * 10n ** BigInt(scale + 3)) % 1000n === 0n;
}

const oneStepScales: ReadonlySet<number> = new Set([0, 3, 6]);
