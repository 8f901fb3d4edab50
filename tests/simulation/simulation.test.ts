import { describe, expect, test } from "bun:test";
import { type Implementation, implementationIn, realRoot } from "./implementation.ts";
import { type Mutant, mutants, withMutant } from "./mutants.ts";
import { simulate } from "./world.ts";

const seeds = 300;
/** The rarest planted fault is found by seed 62. */
const mutantSeedsMax = 600;

test(`${seeds} seeded runs of store and cache keep every assertion`, async () => {
  const implementation = await implementationIn(realRoot);
  let written = 0;
  let crashes = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations, counts } = await simulate(seed, implementation);
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    written += counts.written;
    crashes += counts.crashes;
  }
  // A simulation in which nothing happens proves nothing.
  expect(written).toBeGreaterThan(10 * seeds);
  expect(crashes).toBeGreaterThan(seeds / 2);
}, 120_000);

test("a seed gives the same run each time", async () => {
  const implementation = await implementationIn(realRoot);
  const first = await simulate(7, implementation);
  expect(await simulate(7, implementation)).toEqual(first);
});

describe("a planted fault is found:", () => {
  for (const mutant of mutants) {
    test(mutant.name, async () => expect(await found(mutant)).toBeDefined(), 120_000);
  }

  test("and each assertion that the store can break is broken by one", () => {
    const broken = new Set(mutants.flatMap(({ foundBy }) => foundBy));
    expect([...broken].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

/** The seed that finds it, by an assertion that was meant to. */
function found(mutant: Mutant): Promise<number | undefined> {
  return withMutant(mutant, async (root) => {
    const implementation: Implementation = await implementationIn(root);
    for (let seed = 1; seed <= mutantSeedsMax; seed++) {
      const { violations } = await simulate(seed, implementation);
      if (violations.some(({ assertion }) => mutant.foundBy.includes(assertion))) return seed;
    }
    return undefined;
  });
}
