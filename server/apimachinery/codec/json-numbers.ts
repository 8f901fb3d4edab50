/**
 * Numbers as they were written: `1.0` and `1e2` are no integers to Go, 2^63 - 1 is one. JSON.parse makes one number of
 * them all, so where a text has such numbers they are parsed with what stood there.
 */

/** By the object or list that holds the number, then by its key. */
export type NumberTexts = WeakMap<object, Map<string, string>>;

/** Perhaps within a string: then nothing is found. */
const unusual = /[\s:,[]-?\d+(?:[.eE]|\d{15})/;
const plain = /^-?\d{1,15}$/;
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
/** The largest number below 2^63. */
const largest = 2 ** 63 - 1024;

export const hasUnusualNumbers = (text: string): boolean => unusual.test(text);

/** JSON.parse, and the texts of numbers that are not plain. Throws SyntaxError. */
export function parseWithNumbers(
  text: string,
  reviver: (value: unknown) => unknown,
): { value: unknown; texts: NumberTexts } {
  const texts: NumberTexts = new WeakMap();
  // The reviver's third parameter is not in the type library yet; its `this` holds the value.
  const revive = function (
    this: object,
    key: string,
    value: unknown,
    context?: { source?: string },
  ) {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || plain.test(source))
      return reviver(value);
    const known = texts.get(this) ?? new Map<string, string>();
    texts.set(this, known.set(key, source));
    return value;
  };
  return { value: JSON.parse(text, revive), texts };
}

/** The integer that Go reads, as near as a number comes; undefined: none of 64 bits. */
export function integerOf(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  if (value < int64.min || value > int64.max) return undefined;
  return Math.min(Number(value), largest);
}
