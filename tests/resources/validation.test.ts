/**
 * Upstream's 9 659 recorded verdicts: code, reason and causes of each must be ours. What is not yet is counted in
 * golden/validation-left.json, by resource: a number there may only fall, and must fall when fewer are left.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, difference, nameOf, readCases, resourceOf } from "./validation-cases.ts";

interface Left {
  /** Cases whose verdict is no validation's, each with its reason. */
  readonly exceptions: readonly { readonly case: string; readonly reason: string }[];
  readonly left: Readonly<Record<string, number>>;
}

const left: Left = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/validation-left.json"), "utf8"),
);
/** For a machine that is busy: none of it takes so long. */
const waitMax = 60_000;
const excepted = new Set(left.exceptions.map((exception) => exception.case));

/** `4 create spec.priorityClassName = "x.y/z"` */
function titleOf({ object, op, path, value }: Case): string {
  return `${object} ${op} ${path.join(".")} = ${JSON.stringify(value)}`;
}

const byResource = Map.groupBy(readCases(), (one) => nameOf(resourceOf(one)));

test("every recorded verdict is looked at", () => {
  expect([...byResource.values()].flat()).toHaveLength(9659);
});

for (const [name, cases] of [...byResource].sort()) {
  const allowed = left.left[name] ?? 0;
  test(
    `${name}: ${cases.length - allowed} of ${cases.length}`,
    () => {
      const wrong = cases
        .filter((one) => !excepted.has(titleOf(one)))
        .map(difference)
        .filter((fault) => fault !== undefined);
      if (wrong.length > allowed) expect(wrong).toEqual([]);
      // Fewer are left than the file says: say so there.
      expect(wrong).toHaveLength(allowed);
    },
    waitMax,
  );
}
