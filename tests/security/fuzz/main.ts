/**
 * `npm run fuzz -- --minutes M [--seed N]`: attacks the API for a while, round by round, and at the end its upgrades
 * over real connections; exit 1 with what it found.
 */
import { parseArgs } from "node:util";
import { randomUpgrades } from "#tests/siege/attacks/random-upgrades.ts";
import { faultsOf } from "#tests/siege/faults.ts";
import { siege } from "#tests/siege/siege.ts";
import { besiege, openBesieged } from "./siege.ts";

/** Of the time: upgrades against a server in a process of its own. */
const upgradeShare = 0.25;
const rounds = 6;
/** MiB that live on between the first round, which fills caches, and the last: more is a leak. */
const grownMax = 64;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } },
});
const seconds = Number(values.minutes) * 60;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const besieged = await openBesieged();

/** MiB: what is reachable, and what the process holds besides. */
function memory(): { readonly live: number; readonly resident: number } {
  Bun.gc(true);
  const { heapUsed, rss } = process.memoryUsage();
  return { live: Math.round(heapUsed / 2 ** 20), resident: Math.round(rss / 2 ** 20) };
}

const found: string[] = [];
const answers = new Map<number, number>();
const levels = [memory()];
let slowest = { milliseconds: 0, attack: "" };
let attacks = 0;
for (let round = 0; round < rounds; round++) {
  const until = performance.now() + (seconds * 1_000 * (1 - upgradeShare)) / rounds;
  const outcome = await besiege(besieged, seed + round, () => performance.now() >= until);
  found.push(...outcome.faults);
  for (const [status, count] of outcome.answers)
    answers.set(status, (answers.get(status) ?? 0) + count);
  if (outcome.slowest.milliseconds > slowest.milliseconds) slowest = outcome.slowest;
  attacks += outcome.attacks;
  levels.push(memory());
}
await besieged.server.close();
const [, first, ...later] = levels;
const grown = (later.at(-1)?.live ?? 0) - (first?.live ?? 0);
if (grown > grownMax) found.push(`${grown} MiB more are reachable after the last round`);

const upgrades = await siege({
  seconds: seconds * upgradeShare,
  seed,
  attacks: [randomUpgrades],
  timed: false,
});
found.push(...faultsOf(upgrades));
for (const fault of found) console.log(fault);
const told = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`answers ${told.join(", ")}`);
console.log(
  `memory after each round, MiB reachable / resident: ${levels.map(({ live, resident }) => `${live} / ${resident}`).join(", ")}`,
);
for (const { requests, answers: ended } of upgrades.rows)
  console.log(`upgrades: ${requests}, ${[...ended].map((end) => end.join(": ")).join(", ")}`);
console.log(`slowest: ${slowest.milliseconds} ms, ${slowest.attack.slice(0, 200)}`);
console.log(`seed ${seed}: ${attacks} attacks, ${found.length} faults`);
process.exit(found.length > 0 ? 1 : 0);
