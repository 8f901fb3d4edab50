/**
 * Who manages what after each write is what the stock server says: its answers lie in
 * tests/golden/managed-fields/, record.ts asks for them again.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, type Harness, openHarness } from "#tests/apiserver/harness.ts";
import { type Played, play, type Sequence, type Step } from "./play.ts";

const golden = join(import.meta.dirname, "../../golden/managed-fields");

interface Recorded extends Sequence {
  readonly answers: readonly unknown[];
}

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

async function askOurs(step: Step, text: string): Promise<Played> {
  const agent = step.userAgent === undefined ? {} : { "user-agent": step.userAgent };
  const headers: Record<string, string> = { "content-type": step.type, ...agent };
  const { status, body } = await ask(harness, step.method, step.path, text, headers);
  return { code: status, body };
}

for (const file of readdirSync(golden).sort()) {
  const recorded: Recorded[] = JSON.parse(readFileSync(join(golden, file), "utf8"));
  describe(file.replace(".json", ""), () => {
    for (const sequence of recorded) {
      test(sequence.name, async () => {
        expect(await play(sequence, askOurs)).toEqual([...sequence.answers]);
      });
    }
  });
}

test("there are sequences", () => {
  const count = readdirSync(golden).reduce(
    (sum, file) => sum + JSON.parse(readFileSync(join(golden, file), "utf8")).length,
    0,
  );
  expect(count).toBeGreaterThanOrEqual(60);
});
