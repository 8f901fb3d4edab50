/** A copy that shares nothing with the original, without undefined fields. JSON values; recursion as deep as the value. */
export function deepCopy<T>(value: T): T;
export function deepCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => deepCopy(item));
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue;
    // A field spelt __proto__ must stay a field: assignment would set the prototype.
    if (name === "__proto__") Object.defineProperty(copy, name, ownField(deepCopy(item)));
    else copy[name] = deepCopy(item);
  }
  return copy;
}

const ownField = (value: unknown): PropertyDescriptor => ({
  value,
  writable: true,
  enumerable: true,
  configurable: true,
});
