/** Areas asked of two servers: each part as a job of its own, some at once. */
import type { Area, Part } from "./areas/area.ts";
import { bases } from "./bases.ts";
import { Choices } from "./random.ts";
import { wordsOf } from "./words.ts";
import { type Account, ownNamespace, Scenario, type World } from "./world.ts";

/** What is asked, and how much of it. */
export interface Asking {
  readonly areas: readonly Area[];
  /** Of the titles of parts; "" is in each. */
  readonly part: string;
  readonly seed: number;
  /** How many questions, roughly. */
  readonly count: number;
}

const words = wordsOf(bases.map(({ object }) => object));
/** Both servers answer best when a few ask. */
const atOnce = 8;

/** Of a text: the same for the same. */
function hashOf(text: string, seed: number): number {
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

async function runJob(world: World, seed: number, job: Job): Promise<void> {
  const { area, part, account, budget, index } = job;
  const choices = new Choices(hashOf(`${area.name} ${part.title} ${index}`, seed));
  const letters = area.name.replace(/\W.*/, "");
  const namespace = await ownNamespace(world, `${letters}-${index}`);
  const scenario = (controlled?: boolean) => new Scenario(world, account, controlled);
  await part.run({ world, choices, words, namespace, budget, scenario });
}

function jobsOf({ areas, part: title, count }: Asking): {
  jobs: Job[];
  accounts: Map<string, Account>;
} {
  const accounts = new Map(
    areas.map(({ name }): [string, Account] => [name, { asked: 0, differing: [] }]),
  );
  const weight = areas.reduce((sum, area) => sum + area.weight, 0);
  const jobs = areas.flatMap((area) => {
    const account = accounts.get(area.name);
    if (account === undefined) return [];
    const share = (count * area.weight) / weight;
    const budget = Math.max(1, Math.round(share / area.parts.length));
    return area.parts.map((part, index) => ({ area, part, account, budget, index }));
  });
  return { jobs: jobs.filter(({ part }) => part.title.includes(title)), accounts };
}

/** What was asked in each area, and what differed. */
export async function ask(world: World, asking: Asking): Promise<ReadonlyMap<string, Account>> {
  const { jobs, accounts } = jobsOf(asking);
  const waiting = jobs.filter(({ area }) => area.alone !== true).values();
  const worker = async (): Promise<void> => {
    for (const job of waiting) await runJob(world, asking.seed, job);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  for (const job of jobs) if (job.area.alone === true) await runJob(world, asking.seed, job);
  return accounts;
}
