/** IPv4 ranges: 10.244.0.0/16 cut into /24s, counted from 0. */

export interface Range {
  /** The first address, as a number. */
  readonly base: number;
  readonly bits: number;
}

/** Throws Error for what is no IPv4 CIDR. */
export function parseRange(text: string): Range {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const [, a, b, c, d, bits] = (match ?? []).map(Number);
  const octets = [a, b, c, d].map((octet) => octet ?? 256);
  if (bits === undefined || bits > 32 || octets.some((octet) => octet > 255)) {
    throw new Error(`not an IPv4 range: ${text}`);
  }
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { base: address - (address % 2 ** (32 - bits)), bits };
}

export function formatRange({ base, bits }: Range): string {
  const octets = [24, 16, 8, 0].map((shift) => (base >>> shift) & 255);
  return `${octets.join(".")}/${bits}`;
}

/** How many subnets of `bits` lie in a range. */
export function subnetCount(range: Range, bits: number): number {
  return 2 ** (bits - range.bits);
}

export function subnetAt(range: Range, bits: number, index: number): Range {
  return { base: range.base + index * 2 ** (32 - bits), bits };
}

/** Which subnets of `bits` a given range touches; an empty interval when it lies outside. */
export function subnetsTouched(
  range: Range,
  bits: number,
  other: Range,
): { readonly first: number; readonly last: number } {
  const size = 2 ** (32 - bits);
  const end = other.base + 2 ** (32 - other.bits) - 1;
  const first = Math.max(0, Math.floor((other.base - range.base) / size));
  const last = Math.min(subnetCount(range, bits) - 1, Math.floor((end - range.base) / size));
  return { first, last };
}
