/** What came of the tests, by SIG. */
import type { Result } from "./e2e.ts";
import { needsContainers, sigOf } from "./groups.ts";

interface Counts {
  total: number;
  passed: number;
  failed: number;
  containers: number;
  missing: number;
}

const none = (): Counts => ({ total: 0, passed: 0, failed: 0, containers: 0, missing: 0 });

function count(tests: readonly string[], results: ReadonlyMap<string, Result>): Counts {
  const counts = none();
  for (const test of tests) {
    const result = results.get(test);
    counts.total += 1;
    if (result?.passed === true) counts.passed += 1;
    else if (result !== undefined) counts.failed += 1;
    else if (needsContainers(test)) counts.containers += 1;
    else counts.missing += 1;
  }
  return counts;
}

const row = (name: string, { total, passed, failed, containers, missing }: Counts): string =>
  `| ${name} | ${total} | ${passed} | ${failed} | ${containers} | ${missing} |`;

/** Markdown: a row a SIG, a sum, then each failed test with its reason. */
export function tableOf(tests: readonly string[], results: ReadonlyMap<string, Result>): string {
  const sigs = [...Map.groupBy(tests, sigOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  const failed = tests
    .map((test) => results.get(test))
    .filter((result) => result?.passed === false)
    .map((result) => `- ${result?.test}: ${result?.why}`);
  return [
    "| SIG | conformance tests | passed | failed | need containers | not run |",
    "|---|---|---|---|---|---|",
    ...sigs.map(([sig, members]) => row(sig, count(members, results))),
    row("all", count(tests, results)),
    ...(failed.length === 0 ? [] : ["", "Failed:", "", ...failed]),
    "",
  ].join("\n");
}
