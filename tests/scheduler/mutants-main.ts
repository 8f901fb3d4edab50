/**
 * `npm run mutants [-- REGEX of files]`: plants faults, at least one a plugin, into the module and what surrounds it, and demands
 * that random clusters, recordings or tests tell. Exit 1 when a mutant lives.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import asc from "assemblyscript/asc";
import { Comparison } from "./compare.ts";
import { coreReplayer } from "./core-replayer.ts";
import { hostMutants, isCaught } from "./host-mutants.ts";
import { replay } from "./replay.ts";
import { readTraces, storageTraces, unusualTraces } from "./traces.ts";

interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const plugin = (name: string, find: string, put: string): Mutant => {
  return { file: `plugins/${name}.ts`, find, put };
};

const mutants: readonly Mutant[] = [
  plugin("node-unschedulable", "? 0 : rowWord", "? 0 : (<u64>0) & rowWord"),
  plugin("node-name", "name < 0 ? 0", "name < 0 ? 1"),
  plugin("taint-toleration", "(100 * untolerated) / most", "(100 * untolerated) / (most + 1)"),
  {
    file: "node-questions.ts",
    find: "return outsideVerdict(",
    put: "return <u32>0 & outsideVerdict(",
  },
  plugin("node-affinity", "(100 * sum) / most", "sum"),
  plugin("node-ports", "node) > 0", "node) > 1"),
  plugin(
    "node-resources-fit",
    "at64(used(resource), node) < load",
    "at64(used(resource), node) <= load",
  ),
  plugin("node-resources-fit", "sum / weights", "sum"),
  plugin("node-resources-fit", "i32x4.shr_s(sum, 1)", "sum"),
  plugin("node-resources-balanced-allocation", "f64x2.splat(0.5)", "f64x2.splat(1)"),
  plugin("node-resources-balanced-allocation", "(cpu - memory) / 2", "cpu - memory"),
  plugin("image-locality", "23 * MiB", "24 * MiB"),
  plugin("pod-topology-spread", "few ? 0 : leastCount(aggregate)", "leastCount(aggregate)"),
  plugin("pod-topology-spread", "return size + lacking", "return size"),
  plugin("inter-pod-affinity", "near || (!anywhere &&", "near || (anywhere &&"),
  plugin("inter-pod-affinity", "load<i32>(term, T_NUMBER) * here", "here"),
  plugin("default-preemption", "at32(header(H_P_VIOLATIONS), b);", "0;"),
  plugin("default-preemption", "<f64>priority + 2147483648", "<f64>priority"),
  plugin("default-preemption", "reprieve(cls, node, top, 1, 0)", "reprieve(cls, node, top, 2, 0)"),
  { file: "pods.ts", find: "< load<i32>(cls, K_PRIORITY)", put: "<= load<i32>(cls, K_PRIORITY)" },
  { file: "pods.ts", find: "P_START) < load<f64>(b", put: "P_START) > load<f64>(b" },
  {
    file: "groups.ts",
    find: "if (nominatedVerdict(cls, node) == 0) continue;",
    put: "if (nominatedVerdict(cls, node) >= 0) continue;",
  },
  { file: "tables.ts", find: "sign * load<i32>(place, 4)", put: "load<i32>(place, 4)" },
  {
    file: "groups.ts",
    find: "store<i32>(group, 1, G_DIRTY)",
    put: "store<i32>(group, 0, G_DIRTY)",
  },
  plugin("dynamic-resources", "return outsideVerdict(", "return <u32>0 & outsideVerdict("),
  { file: "cycle.ts", find: "key <= bestKey", put: "key < bestKey - 65536 * 3" },
];

/** Told by the recordings that have storage or a configuration. */
const recordedMutants: readonly Mutant[] = [
  plugin("node-resources-strategies", "((has - wanted) * 100)", "((has - wanted) * 99)"),
  plugin(
    "node-resources-strategies",
    "(Math.min(wanted, has) * 100)",
    "(Math.min(wanted, has) * 99)",
  ),
  plugin("node-resources-strategies", "y0 + ((y - y0)", "y0 - ((y - y0)"),
  plugin("node-affinity", "added == 0 ? 0 : ~affinityWord", "added == 0 ? 0 : affinityWord"),
  plugin("node-volume-limits", "+ wanted > limit", "+ wanted > limit + 1"),
  plugin("node-volume-limits", "node) > 0) wanted--", "node) > 0) wanted -= 0"),
  { file: "tables.ts", find: "sum += at32(list, 2 + (i << 1))", put: "sum += 1" },
  plugin("volume-binding", "outsideVerdict(", "<u32>0 & outsideVerdict("),
  plugin("volume-zone", "return outsideWord(", "return <u64>0 & outsideWord("),
  plugin("volume-restrictions", "counterTotal(at32(claims, i)) > 0", "false"),
];

const root = join(import.meta.dirname, "../../scheduler-wasm");
const seedsMax = 1500;
const only = new RegExp(process.argv[2] ?? "");

async function build(mutant: Mutant): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const options = ["assembly/index.ts", "--config", "asconfig.json", "--target", "release"];
  const { error, stderr } = await asc.main([...options, "--outFile", "mutant.wasm"], {
    readFile(name, base) {
      const text = readOrNull(join(base === "." ? root : join(root, base), name));
      if (text === null || !name.endsWith(`assembly/${mutant.file}`)) return text;
      if (!text.includes(mutant.find)) throw new Error(`${mutant.file} has no "${mutant.find}"`);
      return text.replace(mutant.find, mutant.put);
    },
    writeFile(_name, contents) {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`asc: ${error} ${stderr.toString()}`);
  return new Uint8Array(binary);
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** The first seed whose cluster tells the mutant from the oracle. */
function killedBy(module: WebAssembly.Module): number | undefined {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const comparison = new Comparison(seed, module);
    comparison.run(12);
    if (comparison.differences.length > 0) return seed;
  }
  return undefined;
}

/** The first recording that tells the mutant from the stock scheduler. */
function killedByTrace(module: WebAssembly.Module): number | undefined {
  const scenarios = [...readTraces(storageTraces), ...readTraces(unusualTraces)];
  const told = scenarios.find(
    (scenario) => replay(scenario, (one) => coreReplayer(one, module)).length > 0,
  );
  return told?.seed;
}

let alive = 0;
let planted = 0;

function tell({ file, find, put }: Mutant, killer: string | undefined): void {
  planted++;
  if (killer === undefined) alive++;
  const fate = killer === undefined ? "LIVES" : `killed by ${killer}`;
  console.log(`${file}: ${find} -> ${put}: ${fate}`);
}

for (const [list, seedOf] of [
  [mutants, killedBy],
  [recordedMutants, killedByTrace],
] as const) {
  for (const mutant of list) {
    if (!only.test(mutant.file)) continue;
    const seed = seedOf(new WebAssembly.Module(await build(mutant)));
    tell(mutant, seed === undefined ? undefined : `seed ${seed}`);
  }
}
for (const mutant of hostMutants) {
  if (only.test(mutant.file)) tell(mutant, isCaught(mutant) ? mutant.tests.join(" ") : undefined);
}
console.log(`${planted} mutants, ${alive} alive`);
if (alive > 0 || planted === 0) process.exitCode = 1;
