/**
 * `npm run differential -- [--seed N] [--count N] [--area NAME] [--stock KUBECONFIG] [--ours KUBECONFIG] [--trace]`: asks a stock
 * server and ours the same questions, and compares code, reason, causes, warnings and what is answered: the whole object
 * with its status and managers, but for what no two servers give alike (uids, versions, times, addresses).
 * Without --stock it starts a stock API server of its own, without controllers.
 * Prints each difference, a table by area, a summary as its last line; exit code 1 when there is any difference.
 */
import { parseArgs } from "node:util";
import { missingPeers } from "#tests/support/peers.ts";
import { startStockServer } from "#tests/support/stock-server.ts";
import type { Area, Part } from "./areas/area.ts";
import { areas } from "./areas/registry.ts";
import { bases } from "./bases.ts";
import { Choices } from "./random.ts";
import { ownSide, remoteSide } from "./side.ts";
import { wordsOf } from "./words.ts";
import { type Account, ownNamespace, Scenario, type World } from "./world.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "6000" },
    area: { type: "string", default: "" },
    part: { type: "string", default: "" },
    stock: { type: "string" },
    ours: { type: "string" },
    trace: { type: "boolean", default: false },
    /** The stock server has no controllers beside it. */
    still: { type: "boolean", default: false },
  },
});

const seed = Number(values.seed);
const words = wordsOf(bases.map(({ object }) => object));
/** Both servers answer best when a few ask. */
const atOnce = 8;

/** Of a text: the same for the same. */
function hashOf(text: string): number {
  let hash = seed >>> 0;
  for (const letter of text)
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash;
}

interface Job {
  readonly area: Area;
  readonly part: Part;
  readonly account: Account;
  readonly budget: number;
  readonly index: number;
}

async function runJob(world: World, { area, part, account, budget, index }: Job): Promise<void> {
  const choices = new Choices(hashOf(`${area.name} ${part.title} ${index}`));
  const letters = area.name.replace(/\W.*/, "");
  const namespace = await ownNamespace(world, `${letters}-${index}`);
  const scenario = (controlled?: boolean) => new Scenario(world, account, controlled);
  await part.run({ world, choices, words, namespace, budget, scenario });
}

function jobsOf(chosen: readonly Area[]): { jobs: Job[]; accounts: Map<string, Account> } {
  const accounts = new Map(
    chosen.map(({ name }): [string, Account] => [name, { asked: 0, differing: [] }]),
  );
  const weight = chosen.reduce((sum, area) => sum + area.weight, 0);
  const jobs = chosen.flatMap((area) => {
    const account = accounts.get(area.name);
    if (account === undefined) return [];
    const share = (Number(values.count) * area.weight) / weight;
    const budget = Math.max(1, Math.round(share / area.parts.length));
    return area.parts.map((part, index) => ({ area, part, account, budget, index }));
  });
  return { jobs: jobs.filter(({ part }) => part.title.includes(values.part)), accounts };
}

async function run(world: World): Promise<number> {
  const chosen = areas.filter(({ name }) => name.startsWith(values.area));
  const { jobs, accounts } = jobsOf(chosen);
  const waiting = jobs.filter(({ area }) => area.alone !== true).values();
  const worker = async (): Promise<void> => {
    for (const job of waiting) await runJob(world, job);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  for (const job of jobs) if (job.area.alone === true) await runJob(world, job);
  let [asked, differing] = [0, 0];
  for (const [name, account] of accounts) {
    for (const line of account.differing) console.log(`${name}: ${line}`);
    asked += account.asked;
    differing += account.differing.length;
  }
  console.log("\n| area | asked | different |\n| --- | ---: | ---: |");
  for (const [name, account] of accounts)
    console.log(`| ${name} | ${account.asked} | ${account.differing.length} |`);
  console.log(`\nseed ${seed}: ${asked - differing} of ${asked} alike`);
  return differing;
}

async function main(): Promise<number> {
  const missing =
    values.stock === undefined ? missingPeers("kube-apiserver", "etcd", "kubectl") : [];
  if (missing.length > 0) {
    console.log(`no stock server to ask: ${missing.join(", ")} not built`);
    return 2;
  }
  const own = values.stock === undefined ? await startStockServer() : undefined;
  const stock = remoteSide(values.stock ?? own?.kubeconfig ?? "");
  const ours = values.ours === undefined ? await ownSide() : remoteSide(values.ours);
  const name = `d${seed}${Date.now().toString(36).slice(-4)}`;
  try {
    return (await run({
      trace: values.trace,
      stock,
      ours,
      controlled: values.stock !== undefined && !values.still,
      name,
    })) === 0
      ? 0
      : 1;
  } finally {
    await stock.close();
    await ours.close();
    await own?.stop();
  }
}

process.exitCode = await main();
