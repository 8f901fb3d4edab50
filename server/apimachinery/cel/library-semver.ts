/** Semantic versions in CEL: `semver("1.2.3").isLessThan(...)`, as Kubernetes' library has them. */
import type { Environment } from "@marcbachmann/cel-js";
import { CelRuntimeError } from "./runtime-error.ts";

const shape =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

export class CelSemver {
  /** Major, minor, patch. */
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly before: readonly string[];

  constructor(numbers: readonly [bigint, bigint, bigint], before: readonly string[]) {
    this.numbers = numbers;
    this.before = before;
  }
}

/** undefined: not a version. */
export function parseSemver(text: string): CelSemver | undefined {
  const [, major = "", minor = "", patch = "", before] = shape.exec(text) ?? [];
  if (major === "") return undefined;
  const parts = before?.split(".") ?? [];
  if (parts.some((part) => /^0\d+$/.test(part))) return undefined;
  return new CelSemver([BigInt(major), BigInt(minor), BigInt(patch)], parts);
}

/** `v1.2` is 1.2.0, and zeros in front do not count. */
function normalized(text: string): string {
  const [, numbers = "", rest = ""] = /^v?([^-+]*)(.*)$/s.exec(text) ?? [];
  const parts = numbers.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  if (parts.length < 3 && rest !== "") return text;
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function parse(text: string, normalize = false): CelSemver {
  const version = parseSemver(normalize ? normalized(text) : text);
  if (version === undefined) throw new CelRuntimeError(`invalid semantic version "${text}"`);
  return version;
}

function comparePart(a: string, b: string): number {
  const [numeric, other] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numeric && other) return Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b));
  if (numeric !== other) return numeric ? -1 : 1;
  return Number(a > b) - Number(a < b);
}

function compare(a: CelSemver, b: CelSemver): number {
  for (const index of [0, 1, 2] as const) {
    const [left, right] = [a.numbers[index], b.numbers[index]];
    if (left !== right) return left > right ? 1 : -1;
  }
  // A version before its release is smaller.
  if (a.before.length === 0 || b.before.length === 0)
    return Number(a.before.length === 0) - Number(b.before.length === 0);
  for (const [index, part] of a.before.entries()) {
    const other = b.before[index];
    const order = other === undefined ? 1 : comparePart(part, other);
    if (order !== 0) return order;
  }
  return a.before.length < b.before.length ? -1 : 0;
}

const type = "kubernetes.Semver";

export function addSemvers(environment: Environment): void {
  const method = `${type}.`;
  environment
    .registerType(type, { ctor: CelSemver, fields: {} })
    .registerFunction(`semver(string): ${type}`, (text) => parse(text))
    .registerFunction(`semver(string, bool): ${type}`, (text, normalize) => parse(text, normalize))
    .registerFunction("isSemver(string): bool", (text) => parseSemver(text) !== undefined)
    .registerFunction(
      "isSemver(string, bool): bool",
      (text, normalize) => parseSemver(normalize ? normalized(text) : text) !== undefined,
    )
    .registerFunction(`${method}compareTo(${type}): int`, (a, b) => BigInt(compare(a, b)))
    .registerFunction(`${method}isGreaterThan(${type}): bool`, (a, b) => compare(a, b) > 0)
    .registerFunction(`${method}isLessThan(${type}): bool`, (a, b) => compare(a, b) < 0)
    .registerFunction(`${method}major(): int`, ({ numbers }: CelSemver) => numbers[0])
    .registerFunction(`${method}minor(): int`, ({ numbers }: CelSemver) => numbers[1])
    .registerFunction(`${method}patch(): int`, ({ numbers }: CelSemver) => numbers[2])
    .registerOperator(`${type} == ${type}`, (a, b) => compare(a, b) === 0);
}
