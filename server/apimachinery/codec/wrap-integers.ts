/**
 * Numbers that are too large for their field, as a strategic merge patch leaves them upstream: its typed form is made by
 * Go's conversions, which keep the low bits. Everywhere else such a number is refused.
 */
import type { StructType, TypeSchema } from "#apimachinery/schema.ts";

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const int64 = { min: -(2 ** 63), max: 2 ** 63 };

/** In place. Values of wrong types are left to whoever checks types. */
export function wrapIntegers(type: StructType | undefined, object: object): void {
  if (type === undefined) return;
  for (const [name, value] of Object.entries(object)) {
    const field = type.properties.get(name);
    const inner = field === undefined ? value : wrapped(field.type, value);
    if (inner !== value) Object.assign(object, { [name]: inner });
  }
}

function wrapped(type: TypeSchema, value: unknown): unknown {
  if (typeof value === "number") return type.kind === "scalar" ? low(type.name, value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (type.kind === "struct" && !Array.isArray(value)) wrapIntegers(type, value);
  if (type.kind === "list" && Array.isArray(value))
    for (const [index, item] of value.entries()) value[index] = wrapped(type.item, item);
  if (type.kind === "map" && !Array.isArray(value))
    for (const item of Object.values(value))
      if (typeof item === "object") wrapped(type.value, item);
  return value;
}

function low(name: string, value: number): number {
  if (!Number.isInteger(value) || (name !== "int32" && name !== "int64")) return value;
  const { min, max } = name === "int32" ? int32 : int64;
  if (value >= min && (name === "int32" ? value <= max : value < max)) return value;
  // A float beyond 64 bits becomes the smallest integer there is.
  const whole = Math.abs(value) < 2 ** 63 ? BigInt(value) : -(2n ** 63n);
  return Number(BigInt.asIntN(name === "int32" ? 32 : 64, whole));
}
