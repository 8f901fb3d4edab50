/** Maps of resource names to quantities (cpu, memory, pods, example.com/gpu, ...). */
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from "./quantity.ts";

export type ResourceList = Readonly<Record<string, string>>;

const milliScale = -3;

/** Upstream stores no amount of a resource finer than a thousandth: rounded away from zero, in place. */
export function roundResourceList(list: Record<string, string> | undefined): void {
  for (const [name, text] of Object.entries(list ?? {})) {
    const rounded = roundedToMilli(text);
    if (rounded !== text && list !== undefined) list[name] = rounded;
  }
}

/** Finer than a thousandth: only these notations can be. */
const fine = /[un.eE]/;

function roundedToMilli(text: string): string {
  if (!fine.test(text)) return text;
  const quantity = parseQuantity(text);
  if (quantity.scale >= milliScale) return text;
  const divisor = 10n ** BigInt(milliScale - quantity.scale);
  const quotient = quantity.unscaled / divisor;
  const exact = quotient * divisor === quantity.unscaled;
  if (exact) return text;
  const unscaled = quantity.unscaled > 0n ? quotient + 1n : quotient - 1n;
  return formatQuantity({ unscaled, scale: milliScale, format: quantity.format });
}

/** Sums by name. */
export function addResourceLists(a: ResourceList, b: ResourceList): Record<string, string> {
  return combine(a, b, addQuantity);
}

/** The greater one by name. */
export function maxResourceLists(a: ResourceList, b: ResourceList): Record<string, string> {
  return combine(a, b, (left, right) => (compareQuantity(right, left) > 0 ? right : left));
}

function combine(
  a: ResourceList,
  b: ResourceList,
  join: (left: Quantity, right: Quantity) => Quantity,
): Record<string, string> {
  const result: Record<string, string> = { ...a };
  for (const [name, text] of Object.entries(b)) {
    const known = result[name];
    result[name] =
      known === undefined ? text : formatQuantity(join(parseQuantity(known), parseQuantity(text)));
  }
  return result;
}
