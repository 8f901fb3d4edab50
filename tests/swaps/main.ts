/** `npm run swaps [-- --minutes N] [--only REGEX]`: parts change sides, both ways; a table of what was met as the last output. */
import process from "node:process";
import { parseArgs } from "node:util";
import { swaps } from "./registry.ts";
import { type Row, runSwap, tableOf } from "./swap.ts";

const { values } = parseArgs({
  options: {
    /** Of churn under the controllers. */
    minutes: { type: "string", default: process.env["KUBUN_SWAPS_MINUTES"] ?? "0" },
    only: { type: "string", default: "" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  if (values.help) {
    console.log("swaps [--minutes N] [--only REGEX]: stock parts on ours, ours on stock ones");
    return 0;
  }
  const only = new RegExp(values.only);
  const rows: Row[] = [];
  for (const swap of swaps(Number(values.minutes))) {
    if (only.test(`${swap.part} ${swap.side}`)) rows.push(...(await runSwap(swap, say)));
  }
  console.log(tableOf(rows));
  return rows.length > 0 && rows.every(({ verdict }) => verdict !== "not met") ? 0 : 1;
}

process.exit(await main());
