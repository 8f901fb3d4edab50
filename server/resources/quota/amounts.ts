/** Sums and differences of what quotas bound. */
import {
  compareQuantity,
  formatQuantity,
  parseQuantity,
  quantitySign,
  subtractQuantity,
} from "#apimachinery/quantity.ts";
import type { ResourceList } from "#apimachinery/resource-list.ts";

/** Only the named ones. */
export function only(list: ResourceList, names: Iterable<string>): Record<string, string> {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(list).filter(([name]) => wanted.has(name)));
}

/** What of `a` goes beyond `b`: nothing below zero, zeros left out. */
export function beyond(a: ResourceList, b: ResourceList): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, text] of Object.entries(a)) {
    const less = subtractQuantity(parseQuantity(text), parseQuantity(b[name] ?? "0"));
    const rest = formatQuantity(less);
    if (quantitySign(rest) > 0) result[name] = rest;
  }
  return result;
}

export function isAbove(a: string, b: string): boolean {
  return compareQuantity(parseQuantity(a), parseQuantity(b)) > 0;
}

/** Same names, same amounts, however they are spelt. */
export function equalAmounts(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const [left, right] = [a[name], b[name]];
    if (left === undefined || right === undefined) return false;
    return compareQuantity(parseQuantity(left), parseQuantity(right)) === 0;
  });
}
