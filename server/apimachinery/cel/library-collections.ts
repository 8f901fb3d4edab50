/** Kubernetes' functions on lists, and CEL's on sets, beside what the language has. */
import type { Environment } from "@marcbachmann/cel-js";
import { CelRuntimeError } from "./runtime-error.ts";

type Value = bigint | number | string | boolean;

/** Of what CEL compares with `<`; -1, 0 or 1. */
function order(a: Value, b: Value): number {
  return Number(a > b) - Number(a < b);
}

function extreme(list: readonly Value[], sign: 1 | -1): Value {
  const [first, ...rest] = list;
  if (first === undefined) throw new CelRuntimeError("min/max called on empty list");
  return rest.reduce((best, one) => (order(one, best) * sign > 0 ? one : best), first);
}

const containsAll = (list: readonly Value[], others: readonly Value[]) =>
  others.every((one) => list.includes(one));

class Sets {}

export function addCollections(environment: Environment): void {
  for (const of of ["int", "double", "string"]) {
    environment
      .registerFunction(`list<${of}>.isSorted(): bool`, (list: readonly Value[]) =>
        list.every((one, index) => index === 0 || order(list[index - 1] ?? one, one) <= 0),
      )
      .registerFunction(`list<${of}>.min(): ${of}`, (list) => extreme(list, -1))
      .registerFunction(`list<${of}>.max(): ${of}`, (list) => extreme(list, 1));
  }
  environment
    .registerFunction("list<int>.sum(): int", (list: readonly bigint[]) =>
      list.reduce((sum, one) => sum + one, 0n),
    )
    .registerFunction("list<double>.sum(): double", (list: readonly number[]) =>
      list.reduce((sum, one) => sum + one, 0),
    )
    .registerFunction("list.indexOf(dyn): int", (list: readonly Value[], one) =>
      BigInt(list.indexOf(one)),
    )
    .registerFunction("list.lastIndexOf(dyn): int", (list: readonly Value[], one) =>
      BigInt(list.lastIndexOf(one)),
    )
    .registerType("kubernetes.Sets", { ctor: Sets, fields: {} })
    .registerConstant("sets", "kubernetes.Sets", new Sets())
    .registerFunction("kubernetes.Sets.contains(list, list): bool", (_, a, b) => containsAll(a, b))
    .registerFunction(
      "kubernetes.Sets.equivalent(list, list): bool",
      (_, a, b) => containsAll(a, b) && containsAll(b, a),
    )
    .registerFunction(
      "kubernetes.Sets.intersects(list, list): bool",
      (_, a: readonly Value[], b: readonly Value[]) => a.some((one) => b.includes(one)),
    );
}
