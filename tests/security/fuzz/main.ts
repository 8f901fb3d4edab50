/** `npm run fuzz -- --minutes M [--seed N]`: attacks the API for a while; exit 1 with what it found. */
import { parseArgs } from "node:util";
import { besiege, openBesieged } from "./siege.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } },
});
const until = performance.now() + Number(values.minutes) * 60_000;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const besieged = await openBesieged();
const heapMiB = (): number => Math.round(process.memoryUsage().rss / 2 ** 20);
const before = heapMiB();
const { attacks, answers, faults, slowest } = await besiege(
  besieged,
  seed,
  () => performance.now() >= until,
);
for (const fault of faults) console.log(fault);
const told = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`memory ${before} MiB before, ${heapMiB()} MiB after; answers ${told.join(", ")}`);
console.log(`slowest: ${slowest.milliseconds} ms, ${slowest.attack.slice(0, 200)}`);
console.log(`seed ${seed}: ${attacks} attacks, ${faults.length} faults`);
await besieged.server.close();
process.exit(faults.length > 0 ? 1 : 0);
