/**
 * `npm run surface -- [--stock KUBECONFIG] [--ours KUBECONFIG] [--rows NAME] [--seed N]`: walks through the tables of the API's contract,
 * row by row, and compares code, headers and body of two running servers. Those that are not given it starts itself, without controllers.
 * Prints each difference, a table, a summary as its last line; exit code 1 when there is any difference.
 */
import { parseArgs } from "node:util";
import { missingPeers } from "#tests/support/peers.ts";
import { startStockServer } from "#tests/support/stock-server.ts";
import { bases } from "../bases.ts";
import { Choices } from "../random.ts";
import { remoteSide } from "../side.ts";
import { wordsOf } from "../words.ts";
import { ownNamespace } from "../world.ts";
import { startOwnServer } from "./own-server.ts";
import type { Row } from "./row.ts";
import { rowSets } from "./rows/registry.ts";
import { seededSets } from "./seeded/registry.ts";
import { walk } from "./walk.ts";
import { wireTo } from "./wire.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    stock: { type: "string" },
    ours: { type: "string" },
    rows: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
  },
});

/** What a seed makes up is the same whatever else is walked. */
function seeded(): [title: string, rows: () => readonly Row[]][] {
  const words = wordsOf(bases.map(({ object }) => object));
  return Object.entries(seededSets).map(([title, rows]) => [
    title,
    () => rows({ choices: new Choices(Number(values.seed)), words, strangeShare: 0.02 }),
  ]);
}

/** Sets wait for streams to end, not for the processor. */
const atOnce = 6;

async function compared(stock: string, ours: string): Promise<number> {
  const sides = { stock: remoteSide(stock), ours: remoteSide(ours) };
  const wires = { stock: wireTo(stock), ours: wireTo(ours) };
  const name = `w${Date.now().toString(36).slice(-5)}`;
  const world = { ...sides, controlled: true, trace: false, name };
  const written = Object.entries(rowSets).map(([title, rows]) => [title, () => rows] as const);
  const chosen = [...written, ...seeded()].filter(([title]) => title.startsWith(values.rows));
  const lines: string[] = [];
  let [asked, differing] = [0, 0];
  const waiting = chosen.values();
  const worker = async (): Promise<void> => {
    for (const [title, rows] of waiting) {
      const walked = await walk(rows(), wires, await ownNamespace(world, title));
      for (const line of walked.differing) console.log(`${title}: ${line}`);
      lines.push(`| ${title} | ${walked.asked} | ${walked.differing.length} |`);
      asked += walked.asked;
      differing += walked.differing.length;
      const gone = { method: "DELETE", path: `/api/v1/namespaces/${name}-${title}` };
      await Promise.all([sides.stock.ask(gone), sides.ours.ask(gone)]);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    for (const one of [wires.stock, wires.ours]) one.close();
    await Promise.all([sides.stock.close(), sides.ours.close()]);
  }
  console.log("\n| rows | asked | different |\n| --- | ---: | ---: |");
  console.log(`${lines.sort().join("\n")}\n\n${asked - differing} of ${asked} alike`);
  return differing === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const missing = values.stock === undefined ? missingPeers("kube-apiserver", "etcd") : [];
  if (missing.length > 0) {
    console.log(`no stock server to ask: ${missing.join(", ")} not built`);
    return 2;
  }
  const stock = values.stock === undefined ? await startStockServer() : undefined;
  const ours = values.ours === undefined ? await startOwnServer() : undefined;
  try {
    return await compared(
      values.stock ?? stock?.kubeconfig ?? "",
      values.ours ?? ours?.kubeconfig ?? "",
    );
  } finally {
    await ours?.stop();
    await stock?.stop();
  }
}

process.exitCode = await main();
