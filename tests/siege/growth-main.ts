/**
 * `npm run siege:growth -- [--rounds N] [--seconds S] [--only WORD] [--types]`: each attack in rounds, and what the
 * server holds after each of them. Resident memory says little of a leak; what is reachable after a collection does.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { waitFor } from "#tests/support/cluster.ts";
import { type Attack, pause } from "./attack.ts";
import { churn } from "./attacks/churn.ts";
import { attacks } from "./attacks/registry.ts";
import { openScene, type Scene } from "./scene.ts";
import { stateOf } from "./server-state.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    types: { type: "boolean", default: false },
  },
});

/** MiB between the second round and the last: caches fill once, leaks grow on. */
const growthMax = 4;
/** Of attacks that write: what happened is remembered for minutes, up to a weight. */
const rememberedMax = 120;
const writing = new Set(churn.map(({ name }) => name));
const shownMax = 8;
/** No connection of an attack lives longer without a sign of life. */
const goneMsMax = 100_000;

interface Held {
  /** MiB. */
  readonly held: number;
  readonly types: Readonly<Record<string, number>>;
}

async function heldBy(scene: Scene): Promise<Held> {
  const { heapFile, pid } = scene;
  rmSync(heapFile, { force: true });
  process.kill(pid, "SIGUSR2");
  await waitFor("the server's heap", () => existsSync(heapFile));
  const stats = JSON.parse(readFileSync(heapFile, "utf8"));
  return {
    held: (stats.heapSize + stats.extraMemorySize) / 2 ** 20,
    types: stats.objectTypeCounts,
  };
}

async function round(scene: Scene, attack: Attack, seed: number): Promise<Held> {
  const { pid, client, hostile, target } = scene;
  const before = await stateOf(pid, client);
  await hostile.attack({
    attack: attack.name,
    target,
    ms: Number(values.seconds) * 1_000,
    seed,
  });
  await waitFor(
    "the connections' end",
    async () => (await stateOf(pid, client)).sockets <= before.sockets + 4,
    () => "",
    goneMsMax,
  );
  await pause(1_000);
  return heldBy(scene);
}

function grownTypes(from: Held, to: Held): string {
  return Object.entries(to.types)
    .map(([name, count]) => [name, count - (from.types[name] ?? 0)] as const)
    .sort(([, one], [, other]) => other - one)
    .slice(0, shownMax)
    .map(([name, count]) => `${name} +${count}`)
    .join(", ");
}

/** Whether it grew. */
async function measure(scene: Scene, attack: Attack): Promise<boolean> {
  const rounds: Held[] = [await heldBy(scene)];
  for (let at = 0; at < Number(values.rounds); at++) rounds.push(await round(scene, attack, at));
  const [second, last] = [rounds[2] ?? rounds[0], rounds.at(-1)];
  if (second === undefined || last === undefined) return false;
  const growth = last.held - second.held;
  const shown = rounds.map(({ held }) => held.toFixed(1)).join(" ");
  console.log(`| ${attack.name} | ${shown} | ${growth.toFixed(1)} |`);
  if (values.types) console.log(`  ${grownTypes(second, last)}`);
  return growth > (writing.has(attack.name) ? rememberedMax : growthMax);
}

console.log("| attack | MiB held at first and after each round | growth after the second |");
console.log("| --- | --- | ---: |");
const scene = await openScene();
const grown: string[] = [];
try {
  for (const attack of attacks.filter(({ name }) => name.includes(values.only))) {
    if (await measure(scene, attack)) grown.push(attack.name);
  }
} finally {
  await scene.end();
}
for (const name of grown) console.log(`fault: memory grows under ${name}`);
console.log(`faults: ${grown.length}`);
process.exit(grown.length === 0 ? 0 : 1);
