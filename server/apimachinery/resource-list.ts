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

/** Fields that hold amounts, by name or alone. */
const amounts = new Set(["requests", "limits", "capacity", "overhead", "sizeLimit", "divisor"]);

/** `value`, each amount in it written as `old` writes the same amount: upstream compares amounts, not their texts. */
export function alignAmounts<T>(value: T, old: unknown): T {
  // Only texts are replaced by texts.
  return aligned(value, old, false) as T;
}

function aligned(value: unknown, old: unknown, isAmount: boolean): unknown {
  if (typeof value === "string" && typeof old === "string")
    return isAmount && value !== old && isSameAmount(value, old) ? old : value;
  if (typeof value !== "object" || value === null || typeof old !== "object" || old === null)
    return value;
  if (Array.isArray(value))
    return value.map((item, index) =>
      aligned(item, Array.isArray(old) ? old[index] : undefined, isAmount),
    );
  const before = new Map(Object.entries(old));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      aligned(item, before.get(name), isAmount || amounts.has(name)),
    ]),
  );
}

function isSameAmount(a: string, b: string): boolean {
  try {
    return compareQuantity(parseQuantity(a), parseQuantity(b)) === 0;
  } catch {
    return false;
  }
}
