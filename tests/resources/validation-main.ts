/**
 * Replays recorded verdicts: `npm run validation -- FILE...`, without a file the golden ones. Each line of a file is
 * a Case: an object of golden/defaults.json, what to change of it, and what upstream answered.
 * Prints each difference, a summary as its last line; exit code 1 when anything differs.
 */
import {
  difference,
  fieldCases,
  goldenCases,
  isException,
  nameOf,
  readCases,
  resourceOf,
} from "./validation-cases.ts";

function attempt(one: Parameters<typeof difference>[0]): string | undefined {
  try {
    return difference(one);
  } catch (error) {
    return `${one.object} ${one.op} ${one.path.join(".")}: ${error}`;
  }
}

function replay(files: readonly string[]): number {
  let total = 0;
  let wrong = 0;
  let excepted = 0;
  for (const file of files)
    for (const one of readCases(file)) {
      total++;
      if (isException(one)) {
        excepted++;
        continue;
      }
      const fault = attempt(one);
      if (fault === undefined) continue;
      wrong++;
      console.log(`${nameOf(resourceOf(one))} ${fault}`);
    }
  const known = excepted === 0 ? "" : `, ${excepted} of them known exceptions`;
  console.log(`${total - wrong} of ${total} equal${known}`);
  return wrong === 0 ? 0 : 1;
}

const files = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
process.exitCode = replay(files.length === 0 ? [goldenCases, fieldCases] : files);
