import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { matchesFields, parseFieldSelector } from "./fields.ts";
import { ApiError } from "./status.ts";

const record = { "metadata.name": "a,b=c", "spec.nodeName": "" };

describe("which records match", () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ["", true],
    ["metadata.name=a\\,b\\=c", true],
    ["metadata.name!=x", true],
    ["metadata.name==x", false],
    ["spec.nodeName=", true],
    ["spec.nodeName!=,metadata.name!=x", false],
  ];
  for (const [text, expected] of rows) {
    test(text, () => expect(matchesFields(parseFieldSelector(text), record)).toBe(expected));
  }
});

describe("faults are worded as upstream words them", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ["metadata.name=x\\q", "invalid field selector: invalid escape sequence: \\q"],
    ["metadata.name=a=b", "invalid field selector: unescaped character in value: 61"],
  ];
  for (const [text, message] of rows) {
    test(text, () => expect(() => parseFieldSelector(text)).toThrow(message));
  }
});

test("any text is a selector or a BadRequest", () => {
  const unit = fc.constantFrom("a", ".", "=", "!", ",", "\\", " ");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
      try {
        matchesFields(parseFieldSelector(text), record);
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError);
      }
    }),
    { numRuns: 2000 },
  );
});
