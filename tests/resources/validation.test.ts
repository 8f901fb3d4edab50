/** Upstream's recorded verdicts, on fields that objects have and on those they could have: code, reason and causes are ours. */
import { expect, test } from "bun:test";
import {
  difference,
  fieldCases,
  isException,
  nameOf,
  readCases,
  resourceOf,
} from "./validation-cases.ts";

/** For a machine that is busy: none of it takes so long. */
const waitMax = 60_000;

const byResource = Map.groupBy([...readCases(), ...readCases(fieldCases)], (one) =>
  nameOf(resourceOf(one)),
);

test("every recorded verdict is looked at", () => {
  expect([...byResource.values()].flat()).toHaveLength(9659 + 1859);
});

for (const [name, cases] of [...byResource].sort())
  test(
    `${name}: ${cases.length}`,
    () => {
      const wrong = cases.filter((one) => !isException(one)).map(difference);
      expect(wrong.filter((fault) => fault !== undefined)).toEqual([]);
    },
    waitMax,
  );
