/** Kubernetes' quantities in CEL: `quantity("1Gi").isGreaterThan(...)`. */

import type { Environment } from "@marcbachmann/cel-js";
import { messageOf } from "#apimachinery/error-message.ts";
import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantity,
} from "#apimachinery/quantity.ts";
import { CelRuntimeError } from "./runtime-error.ts";

export class CelQuantity {
  readonly value: Quantity;

  constructor(value: Quantity) {
    this.value = value;
  }
}

const type = "kubernetes.Quantity";
const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

function parse(text: string): CelQuantity {
  try {
    return new CelQuantity(parseQuantity(text));
  } catch (error) {
    throw new CelRuntimeError(messageOf(error));
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

/** undefined: it has a fraction, or more bits than an int. */
function integerOf({ value: { unscaled, scale } }: CelQuantity): bigint | undefined {
  const one = 10n ** BigInt(Math.abs(scale));
  if (scale < 0 && unscaled % one !== 0n) return undefined;
  const whole = scale < 0 ? unscaled / one : unscaled * one;
  return whole > int64Max || whole < int64Min ? undefined : whole;
}

const whole = (value: bigint): Quantity => ({ unscaled: value, scale: 0, format: "DecimalSI" });
const compare = (a: CelQuantity, b: CelQuantity) => compareQuantity(a.value, b.value);

export function addQuantities(environment: Environment): void {
  const method = `${type}.`;
  environment
    .registerType(type, { ctor: CelQuantity, fields: {} })
    .registerFunction(`quantity(string): ${type}`, parse)
    .registerFunction("isQuantity(string): bool", isQuantity)
    .registerFunction(`${method}isInteger(): bool`, (q) => integerOf(q) !== undefined)
    .registerFunction(`${method}asInteger(): int`, (q) => {
      const integer = integerOf(q);
      if (integer === undefined) throw new CelRuntimeError("cannot convert value to integer");
      return integer;
    })
    .registerFunction(
      `${method}asApproximateFloat(): double`,
      ({ value }: CelQuantity) => Number(value.unscaled) * 10 ** value.scale,
    )
    .registerFunction(`${method}sign(): int`, ({ value }: CelQuantity) =>
      value.unscaled > 0n ? 1n : value.unscaled < 0n ? -1n : 0n,
    )
    .registerFunction(`${method}compareTo(${type}): int`, (a, b) => BigInt(compare(a, b)))
    .registerFunction(`${method}isGreaterThan(${type}): bool`, (a, b) => compare(a, b) > 0)
    .registerFunction(`${method}isLessThan(${type}): bool`, (a, b) => compare(a, b) < 0)
    .registerFunction(
      `${method}add(${type}): ${type}`,
      (a, b) => new CelQuantity(addQuantity(a.value, b.value)),
    )
    .registerFunction(
      `${method}add(int): ${type}`,
      (a, b) => new CelQuantity(addQuantity(a.value, whole(b))),
    )
    .registerFunction(
      `${method}sub(${type}): ${type}`,
      (a, b) => new CelQuantity(subtractQuantity(a.value, b.value)),
    )
    .registerFunction(
      `${method}sub(int): ${type}`,
      (a, b) => new CelQuantity(subtractQuantity(a.value, whole(b))),
    )
    .registerOperator(`${type} == ${type}`, (a, b) => compare(a, b) === 0);
}
