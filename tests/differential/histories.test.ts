/**
 * Short histories beside what a stock server answered to them: tests/golden/histories/, written by
 * `npm run differential -- --area NAME --seed 1 --count 150 --still --record tests/golden/histories/NAME.json.gz`.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { areas } from "./areas/registry.ts";
import { recordedName, replayed } from "./recording.ts";
import { ask } from "./run.ts";
import { ownSide, type Side } from "./side.ts";

const golden = join(import.meta.dirname, "../golden/histories");

/** A stock server needs its time to tell of the past; ours in this process does not. */
const hurried = (side: Side): Side => ({
  ...side,
  ask: (question) =>
    side.ask({ ...question, path: question.path.replace(/timeoutSeconds=\d/, "timeoutSeconds=1") }),
});

for (const name of [
  "watches",
  "endings",
  "services",
  "managers",
  "quotas",
  "lives of pods",
  "namespaces",
])
  test(`${name} as the stock server answered`, async () => {
    const stock = replayed(join(golden, `${name.replaceAll(" ", "-")}.json.gz`));
    const ours = await ownSide();
    const world = {
      stock,
      ours: hurried(ours),
      name: recordedName,
      controlled: false,
      trace: true,
    };
    const chosen = areas.filter((area) => area.name === name);
    const asking = { areas: chosen, part: "", seed: 1, count: 150 };
    const accounts = await ask(world, asking).finally(() => ours.close());
    const { asked = 0, differing = [] } = accounts.get(name) ?? {};
    expect([...differing]).toEqual([]);
    expect(asked).toBeGreaterThan(100);
  });
