/**
 * Formats of text that a schema, or `format.NAME()` in CEL, may name: each says whether a text has it, as Go's own readers
 * and the registry of go-openapi's formats (strfmt) say it.
 */
import { isIPv6 } from "node:net";
import { isEmailAddress } from "./email-address.ts";
import { ipFamily } from "./ip.ts";
import { urlFault } from "./url.ts";

type Check = (text: string) => boolean;

const like =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

/** The version's digit starts the third group; some ask for RFC 4122's variant in the fourth. */
const uuid = (third: string, fourth = "[0-9a-f]"): Check =>
  like(
    new RegExp(
      `^[0-9a-f]{8}-?[0-9a-f]{4}-?${third}[0-9a-f]{3}-?${fourth}[0-9a-f]{3}-?[0-9a-f]{12}$`,
      "i",
    ),
  );

/** A day of the calendar; the year 0 is one. */
export function isDate(text: string): boolean {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (year === "" || month === "00" || day === "00") return false;
  const last = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  return Number(month) <= 12 && Number(day) <= last;
}

/** What follows a second `t` is not read. */
function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.toLowerCase().split("t");
  return isDate(date) && /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(.\d+)?(z|[+-]\d\d:\d\d)$/.test(time);
}

const goDuration = /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
/** Written out or short, in any case: the last of each may go on as it likes (`5 minutes`). */
const durationUnit =
  /^(ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;
const int64Max = 2n ** 63n - 1n;

/** As Go writes it, or any text in which a number stands before a unit, as Scala's do. */
function isDuration(text: string): boolean {
  if (goDuration.test(text)) return true;
  const parts = [...text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)];
  return (
    parts.every(([, number = ""]) => BigInt(number) <= int64Max) &&
    parts.some(([, , unit = ""]) => durationUnit.test(unit))
  );
}

const symbol = "a-zA-Z0-9\\p{S}\\p{L}";
const label = `[${symbol}](?:[-${symbol}]{0,61}[${symbol}])?\\.`;
/** One label with a dash after its first character at most, or several of which the last has letters only. */
const hostname = new RegExp(
  `^(?:[${symbol}](?:-?[${symbol}]{0,62})?|(?:${label})+[a-zA-Z\\p{L}]{2,63})$`,
  "u",
);
const hostnameOctets = { whole: 255, label: 63 };

function isHostname(text: string): boolean {
  const octets = (part: string): number => Buffer.byteLength(part);
  return (
    octets(text) <= hostnameOctets.whole &&
    text.split(".").every((part) => octets(part) <= hostnameOctets.label) &&
    hostname.test(text)
  );
}

/** Numbers of an IPv4 address may have zeros before them, as Go once allowed. */
const withoutZeros = (text: string): string => text.replaceAll(/(?<=^|\.|:)0+(?=\d+(\.|$))/g, "");

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const family = ipFamily(withoutZeros(address));
  if (family === undefined || rest.length > 0 || !/^\d+$/.test(bits)) return false;
  return Number(bits) <= (family === "IPv4" ? 32 : 128);
}

/** 6, 8 or 20 octets: between colons or dashes, in pairs between dots, or with nothing between. */
function isMac(text: string): boolean {
  const shapes = [
    /^[0-9a-f]+$/i,
    /^[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2})+$/i,
    /^[0-9a-f]{4}(?:\.[0-9a-f]{4})+$/i,
  ];
  const digits = text.replaceAll(/[:.-]/g, "").length;
  return [12, 16, 40].includes(digits) && shapes.some((shape) => shape.test(text));
}

const digitsOf = (text: string): number[] => [...text].map(Number);
const dense = (text: string): string => text.replaceAll(/[\s-]+/g, "");

function isIsbn10(text: string): boolean {
  const isbn = dense(text);
  if (!/^\d{9}[\dX]$/.test(isbn)) return false;
  const digits = [...isbn].map((digit) => (digit === "X" ? 10 : Number(digit)));
  return digits.reduce((sum, digit, index) => sum + (index + 1) * digit, 0) % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const isbn = dense(text);
  if (!/^\d{13}$/.test(isbn)) return false;
  return (
    digitsOf(isbn).reduce((sum, digit, at) => sum + digit * (at % 2 === 0 ? 1 : 3), 0) % 10 === 0
  );
}

/** First digits and lengths of the cards that are known, one a kind. */
const cards = new RegExp(
  `^(${[
    "4\\d{12}(\\d{3})?",
    "5[1-5]\\d{14}",
    "6(011|5\\d\\d)\\d{12}",
    "3[47]\\d{13}",
    "3(0[0-5]|[68]\\d)\\d{11}",
    "(2131|1800|35\\d{3})\\d{11}",
  ].join("|")})$`,
);

/** One of them, with Luhn's check digit. */
function isCreditCard(text: string): boolean {
  const card = dense(text);
  const sum = digitsOf(card)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)))
    .reduce((all, digit) => all + digit, 0);
  return cards.test(card) && sum % 10 === 0;
}

const colorPart = "\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*";

/** By their names without dashes: `date-time` is `datetime`. */
export const stringFormats = {
  bsonobjectid: like(/^[0-9a-f]{24}$/i),
  byte: like(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  cidr: isCidr,
  creditcard: isCreditCard,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  email: isEmailAddress,
  hexcolor: like(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i),
  hostname: isHostname,
  ipv4: (text) => text.includes(".") && ipFamily(withoutZeros(text)) !== undefined,
  ipv6: (text) => isIPv6(text) && ipFamily(text) !== undefined,
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: (text) =>
    text.length <= 253 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text),
  k8sshortname: (text) => text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text),
  mac: isMac,
  rgbcolor: like(new RegExp(`^rgb\\(${[colorPart, colorPart, colorPart].join(",")}\\)$`)),
  ssn: (text) => text.length === 11 && /^\d{3}[- ]?\d\d[- ]?\d{4}$/.test(text),
  uri: (text) => urlFault(text) === undefined,
  uuid: uuid("[0-9a-f]"),
  uuid3: uuid("3"),
  uuid4: uuid("4", "[89ab]"),
  uuid5: uuid("5", "[89ab]"),
} as const satisfies Readonly<Record<string, Check>>;

/** True as well of formats that nobody knows, and of those that any text has (`password`). */
export function hasFormat(text: string, format: string): boolean {
  const name = format.replaceAll("-", "");
  const checks: Readonly<Record<string, Check>> = stringFormats;
  return !Object.hasOwn(checks, name) || checks[name]?.(text) !== false;
}
