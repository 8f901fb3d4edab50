/**
 * The hostile crowds, in a process of their own below everybody else's priority: what they take of the machine must
 * not look like the server's slowness. Reads orders from standard input; prints how the requests of each ended.
 */
import { setPriority } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";
import { mulberry32 } from "#tests/support/mulberry32.ts";
import { hangUp } from "./ask.ts";
import { type Siege, Tally } from "./attack.ts";
import { attacks } from "./attacks/registry.ts";
import type { Ended, Order } from "./hostile.ts";

/** A tenth of a normal process's share where both want all of it. */
const niceness = 10;

setPriority(niceness);

async function obey({ attack: wanted, target, ms, seed }: Order): Promise<Ended> {
  const attack = attacks.find(({ name }) => name === wanted);
  if (attack === undefined) throw new Error(`no attack is called ${wanted}`);
  const from = Date.now();
  const tally = new Tally();
  const over = (): boolean => Date.now() - from >= ms;
  const siege: Siege = { target, tally, random: mulberry32(seed), over };
  await attack.run(siege);
  hangUp(siege);
  return { requests: tally.requests, answers: [...tally.answers], from };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line)))}\n`);
}
process.exit(0);
