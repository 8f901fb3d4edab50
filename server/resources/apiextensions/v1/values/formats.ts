/** String formats that schemas may name; upstream ignores all others. */
import { isIPv4, isIPv6 } from "node:net";

const patterns: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  "date-time":
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[tT ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]\d\d:?\d\d)$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  email: /^[^\s@]+@[^\s@]+$/,
  hostname:
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i,
  byte: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  mac: /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i,
  duration: /^[-+]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w))+$/,
  hexcolor: /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i,
};

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (text) => URL.canParse(text) || text.startsWith("/"),
  cidr: isCidr,
};

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const max = isIPv4(address) ? 32 : 128;
  const known = isIPv4(address) || isIPv6(address);
  return known && rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= max;
}

/** True as well for formats that are not known. */
export function hasFormat(text: string, format: string): boolean {
  return patterns[format]?.test(text) ?? checks[format]?.(text) ?? true;
}

const integerLimits: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 };

export function fitsFormat(value: number, format: string): boolean {
  const limit = integerLimits[format];
  return limit === undefined || (value < limit && value >= -limit);
}
