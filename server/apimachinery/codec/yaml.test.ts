/** YAML bodies: what they mean, which keys stand twice, and texts that are small and mean much work. */
import { describe, expect, test } from "bun:test";
import { ApiError } from "#apimachinery/status.ts";
import { decodeYamlMap } from "./yaml.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const refusal = (text: string): string => {
  try {
    decodeYamlMap(bytes(text));
    return "was read";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message;
  }
};

test("a map with an anchor is what it says", () => {
  const { value, doubles } = decodeYamlMap(bytes("a: &x [1, two]\nb: *x\nc: {d: null}\n"));
  expect(value).toEqual({ a: [1, "two"], b: [1, "two"], c: { d: null } });
  expect(doubles).toEqual([]);
});

test("keys that stand twice are told with their lines, and the last one wins", () => {
  const { value, doubles } = decodeYamlMap(bytes("a: 1\nb:\n  c: 2\n  c: 3\na: 4\n"));
  expect(value).toEqual({ a: 4, b: { c: 3 } });
  expect(doubles).toEqual([
    'line 4: key "c" already set in map',
    'line 5: key "a" already set in map',
  ]);
});

test("malformed text is refused with its place", () => {
  expect(refusal("a: [1\nb: 2\n")).toMatch(
    /^error converting YAML to JSON: yaml: .* at line \d+, column \d+$/,
  );
});

const aliases = Array.from({ length: 12 }, (_, at) =>
  at === 0 ? "a0: &a0 [x,x,x]" : `a${at}: &a${at} [${`*a${at - 1},`.repeat(9)}]`,
).join("\n");

describe("bombs are refused", () => {
  const bombs: Readonly<Record<string, string>> = {
    brackets: "[".repeat(1_000_000),
    dashes: "- ".repeat(100_000),
    questions: `{${"? ".repeat(100_000)}}`,
    tags: `a: ${"!!str ".repeat(20_000)}b`,
    aliases,
    "a list in itself": "a: &a [*a, *a]",
    "deep JSON": `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  };
  for (const [name, text] of Object.entries(bombs)) {
    test(name, () => expect(refusal(text)).toStartWith("error converting YAML to JSON"));
  }
});

describe("words and numbers of YAML's older version", () => {
  const words: readonly (readonly [string, unknown])[] = [
    ["n", false],
    ["Yes", true],
    ["off", false],
    ["'n'", "n"],
    ["nope", "nope"],
    ["0644", 420],
    ["089", 89],
    ["0b11", 3],
    ["1_000", 1000],
    ["1:30", "1:30"],
  ];
  for (const [word, value] of words)
    test(word, () => expect(decodeYamlMap(bytes(`a: ${word}`)).value).toEqual({ a: value }));
  test("a key may be one", () => expect(decodeYamlMap(bytes("y: 1")).value).toEqual({ true: 1 }));
  for (const text of ["a: .inf", "a: [.nan]", "~: a"])
    test(`${text} is refused`, () =>
      expect(refusal(text)).toStartWith("error converting YAML to JSON"));
});

test("a map of very many keys is read", () => {
  const text = Array.from({ length: 20_000 }, (_, at) => `k${at}: v`).join("\n");
  expect(Object.keys(decodeYamlMap(bytes(text)).value)).toHaveLength(20_000);
});
