import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  formatSelector,
  matches,
  parseLabelSelector,
  selectorFromLabelSelector,
  selectorFromMap,
} from "./labels.ts";
import { ApiError } from "./status.ts";

const labels = { app: "web", tier: "front", age: "7" };

describe("which labels match", () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ["", true],
    ["app=web", true],
    ["app==web", true],
    ["app!=web", false],
    ["other!=x", true],
    ["app in (web,db)", true],
    ["app notin (web,db)", false],
    ["other notin (a)", true],
    ["other in (a)", false],
    ["app", true],
    ["!app", false],
    ["!other", true],
    ["age>6,age<8", true],
    ["age>7", false],
    ["app=web,tier=back", false],
    ["in=x", false],
    ["notin", false],
  ];
  for (const [text, expected] of rows) {
    test(text, () => expect(matches(parseLabelSelector(text), labels)).toBe(expected));
  }
});

describe("faults are worded as upstream words them", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["a in", "unable to parse requirement: found '' expected: '('"],
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["a=b,", "found '', expected: identifier after ','"],
    ["=x", "found '=', expected: !, identifier, or 'end of string'"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    ["a=b!", "found '!', expected: ',' or 'end of string'"],
    ["!!a", "unable to parse requirement: found '!', expected: identifier"],
    [
      "a>x",
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ];
  for (const [text, message] of rows) {
    test(text, () => expect(() => parseLabelSelector(text)).toThrow(message));
  }
});

test("any text is a selector or a BadRequest", () => {
  const alphabet = fc.constantFrom(..."ab=!(),<> in".split(""), "in", "notin", "/", "\u0000");
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 40 }), (text) => {
      try {
        const selector = parseLabelSelector(text);
        expect(matches(parseLabelSelector(formatSelector(selector)), labels)).toBe(
          matches(selector, labels),
        );
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("an absent label selector matches nothing, an empty one everything", () => {
  expect(matches(selectorFromLabelSelector(undefined), labels)).toBe(false);
  expect(matches(selectorFromLabelSelector({}), labels)).toBe(true);
  expect(matches(selectorFromMap({ app: "web" }), labels)).toBe(true);
});

test("a selector is formatted in order of its keys", () => {
  const selector = selectorFromLabelSelector({
    matchLabels: { b: "2" },
    matchExpressions: [{ key: "a", operator: "In", values: ["y", "x"] }],
  });
  expect(formatSelector(selector)).toBe("a in (x,y),b=2");
});
