/** CEL's extended functions on strings, beside those that the language has, and patterns in linear time. */

import { RE2JS } from "@bufbuild/re2";
import type { Environment } from "@marcbachmann/cel-js";
import { messageOf } from "#apimachinery/error-message.ts";
import { CelRuntimeError } from "./runtime-error.ts";

/** What `matches` is called after it was renamed: the built-in one runs JavaScript's expressions. */
export const matchesName = "Matches";

/** Compiled patterns; emptied when full. */
const patterns = new Map<string, RE2JS>();
const patternsMax = 256;

/** Throws where the pattern is none. */
export function patternOf(text: string): RE2JS {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  const pattern = RE2JS.compile(text);
  if (patterns.size >= patternsMax) patterns.clear();
  patterns.set(text, pattern);
  return pattern;
}

function matches(text: string, pattern: string): boolean {
  try {
    return patternOf(pattern).test(text);
  } catch (error) {
    throw new CelRuntimeError(messageOf(error));
  }
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > BigInt(characters.length))
    throw new CelRuntimeError(`index out of range: ${index}`);
  return characters[Number(index)] ?? "";
}

function replace(text: string, old: string, fresh: string, times?: bigint): string {
  if (times === undefined || times < 0n) return text.replaceAll(old, () => fresh);
  let left = times;
  return text.replaceAll(old, (found) => (left-- > 0n ? fresh : found));
}

function formatted(value: unknown, verb: string): string {
  if (verb === "s") {
    if (Array.isArray(value)) return `[${value.map((one) => formatted(one, "s")).join(", ")}]`;
    return String(value);
  }
  if (verb === "d" && typeof value === "bigint") return String(value);
  if (verb === "x" && typeof value === "bigint") return value.toString(16);
  if (verb === "b" && typeof value === "bigint") return value.toString(2);
  throw new CelRuntimeError(`error during formatting: unrecognized formatting clause "${verb}"`);
}

function format(template: string, values: readonly unknown[]): string {
  let next = 0;
  return template.replace(/%(.)/g, (_, verb: string) => {
    if (verb === "%") return "%";
    if (next >= values.length) throw new CelRuntimeError(`index ${next} out of range`);
    return formatted(values[next++], verb);
  });
}

export function addStrings(environment: Environment): void {
  environment
    .registerFunction(`string.${matchesName}(string): bool`, matches)
    .registerFunction("string.charAt(int): string", charAt)
    .registerFunction("string.replace(string, string): string", replace)
    .registerFunction("string.replace(string, string, int): string", replace)
    .registerFunction("string.format(list): string", format);
}
