/**
 * `npm run differential -- [--seed N] [--count N] [--area NAME] [--stock KUBECONFIG] [--ours KUBECONFIG] [--dual-stack] [--trace] [--record FILE]`: asks a stock
 * server and ours the same questions, and compares code, reason, causes, warnings and what is answered: the whole object
 * with its status and managers, but for what no two servers give alike (uids, versions, times, addresses).
 * Without --stock it starts a stock API server of its own, without controllers.
 * Prints each difference, a table by area, a summary as its last line; exit code 1 when there is any difference.
 */
import { parseArgs } from "node:util";
import { missingPeers } from "#tests/support/peers.ts";
import { startStockServer } from "#tests/support/stock-server.ts";
import { areas } from "./areas/registry.ts";
import { recorded, recordedName } from "./recording.ts";
import { ask } from "./run.ts";
import { ownSide, remoteSide, secondServiceCidr } from "./side.ts";
import type { World } from "./world.ts";

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
    /** A file that keeps what the stock server answered: tests ask ours the same again. */
    record: { type: "string" },
    /** The stock server has no controllers beside it. */
    still: { type: "boolean", default: false },
    /** Both servers that are started have service addresses of two families. */
    "dual-stack": { type: "boolean", default: false },
  },
});

const seed = Number(values.seed);

async function run(world: World): Promise<number> {
  const chosen = areas.filter(({ name }) => name.startsWith(values.area));
  const count = Number(values.count);
  const accounts = await ask(world, { areas: chosen, part: values.part, seed, count });
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
  const dualStack = values["dual-stack"];
  const ranges = dualStack ? [`--service-cluster-ip-range=10.0.0.0/16,${secondServiceCidr}`] : [];
  const own = values.stock === undefined ? await startStockServer({ server: ranges }) : undefined;
  const asked = remoteSide(values.stock ?? own?.kubeconfig ?? "");
  const stock = values.record === undefined ? asked : recorded(asked, values.record);
  const ours = values.ours === undefined ? await ownSide({ dualStack }) : remoteSide(values.ours);
  const ownName = `d${seed}${Date.now().toString(36).slice(-4)}`;
  const name = values.record === undefined ? ownName : recordedName;
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
