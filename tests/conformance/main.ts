/**
 * `npm run conformance`: upstream's conformance tests against a cluster of simulated nodes, one of real containers, or
 * any other. Results stay in a directory, so that a run that was stopped goes on where it was; what is known to pass
 * stands in state.tsv, and a test that passed before and fails now makes the run fail.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { startCluster } from "#tests/support/cluster.ts";
import { peer } from "#tests/support/peers.ts";
import { conformanceTests, type Result, type Running, runTests } from "./e2e.ts";
import { type Group, groupsOf } from "./groups.ts";
import { isInside, runInside } from "./own-network.ts";
import { hasDns, missingForRealNode, startRealNode } from "./real-node.ts";
import {
  concerns,
  type Runtime,
  readState,
  regressions,
  type State,
  stateAfter,
  writeState,
} from "./state.ts";
import { tableOf } from "./table.ts";

const usage = `conformance [options]: runs upstream's conformance tests
  --table            only prints what is known to pass, and what the others lack
  --runtime KIND     simulated (default): three nodes without containers; containerd: one node with containers, in a
                     network of its own (needs root, and upstream's test images beside e2e.test, in ../images)
  --focus REGEX      only tests whose name matches
  --e2e PATH         upstream's e2e.test; kubectl and kube-proxy beside it (default: where the stock components are built)
  --kubeconfig PATH  a cluster that runs already (default: one of its own)
  --out DIR          results and table.md (default: ${join(tmpdir(), "kubun-conformance-KIND")})
  --again            forget earlier results of the tests that match
  --failed           run again what failed
  --all              run what this kind of node is not known to pass too
  --record           write what passed, and what does not any more, into state.tsv
  --parallel N       groups at once, where upstream allows it (default 3)
  --batch N          tests of a group that one e2e.test runs, one after the other (default 6; many that wait: 1)
  --seconds N        for one test, at most (default 150)`;

const { values } = parseArgs({
  options: {
    table: { type: "boolean", default: false },
    runtime: { type: "string", default: "simulated" },
    focus: { type: "string", default: "" },
    e2e: { type: "string", default: peer("e2e.test") },
    kubeconfig: { type: "string" },
    out: { type: "string" },
    again: { type: "boolean", default: false },
    failed: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    parallel: { type: "string", default: "3" },
    batch: { type: "string", default: "6" },
    seconds: { type: "string", default: "150" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const containers = values.runtime === "containerd";
const withContainers = hasDns(values.e2e) ? "containerd with cluster DNS" : "containerd";
const runtime: Runtime = containers ? withContainers : "simulated";
const directory =
  values.out ?? join(tmpdir(), `kubun-conformance-${containers ? "containerd" : "simulated"}`);
const resultsFile = join(directory, "results.jsonl");

/** The newest result of each test. */
function knownResults(): Map<string, Result> {
  if (!existsSync(resultsFile)) return new Map();
  const lines = readFileSync(resultsFile, "utf8").split("\n");
  const results = lines.filter((line) => line !== "").map((line): Result => JSON.parse(line));
  return new Map(results.map((result) => [result.test, result]));
}

/** Upstream calls tests slow that wait for minutes. */
const slowFactor = 6;

async function runGroup(group: Group, running: Running, results: Map<string, Result>) {
  const shares = group.tests.map((test) => (test.includes("[Slow]") ? slowFactor : 1));
  const secondsMax = Number(values.seconds) * shares.reduce((sum, share) => sum + share, 0);
  const found = await runTests(group.tests, { ...running, secondsMax });
  for (const result of found) {
    results.set(result.test, result);
    appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
  }
  const passed = found.filter((it) => it.passed).length;
  console.log(`${group.sig} ${group.name}: ${passed} of ${found.length} passed`);
  for (const { test, why } of found.filter((it) => !it.passed))
    console.log(`  ${test}\n    ${why}`);
}

async function runGroups(
  groups: readonly Group[],
  running: Running,
  results: Map<string, Result>,
): Promise<void> {
  const together = groups.filter(({ serial }) => !serial).reverse();
  const worker = async (): Promise<void> => {
    for (let next = together.pop(); next !== undefined; next = together.pop()) {
      await runGroup(next, running, results);
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
  for (const group of groups.filter(({ serial }) => serial)) {
    await runGroup(group, running, results);
  }
}

/** Runs `use` with a kubeconfig: the one that was given, or a new cluster's. */
async function withCluster(use: (kubeconfig: string) => Promise<void>): Promise<void> {
  if (values.kubeconfig !== undefined) return use(values.kubeconfig);
  if (containers) {
    const node = await startRealNode(values.e2e);
    return use(node.kubeconfig).finally(() => node.stop());
  }
  const cluster = await startCluster(["--runtime", "simulated", "--nodes", "3"]);
  try {
    await use(cluster.kubeconfig);
  } finally {
    await cluster.stop();
    rmSync(cluster.dataDir, { recursive: true, force: true });
  }
}

async function whatIsMissing(): Promise<readonly string[]> {
  const { e2e, kubeconfig } = values;
  if (!existsSync(e2e)) return [`there is no e2e.test at ${e2e} (--e2e PATH names one)`];
  const own = kubeconfig === undefined && containers;
  return own ? missingForRealNode(e2e) : [];
}

/** The tests of this run: those that match and have no result yet. */
function wantedOf(tests: readonly string[], state: State, results: ReadonlyMap<string, Result>) {
  const focus = new RegExp(values.focus);
  return tests.filter((test) => {
    const known = results.get(test);
    const open = known === undefined || values.again || (values.failed && !known.passed);
    return focus.test(test) && open && (values.all || concerns(runtime, state.get(test)));
  });
}

async function runAll(tests: readonly string[], state: State): Promise<number> {
  mkdirSync(directory, { recursive: true });
  const results = knownResults();
  const wanted = wantedOf(tests, state, results);
  console.log(`${wanted.length} of ${tests.length} conformance tests to run`);
  if (wanted.length > 0) {
    const running = { e2e: values.e2e, directory, secondsMax: 0 };
    await withCluster((kubeconfig) =>
      runGroups(groupsOf(wanted, Number(values.batch)), { ...running, kubeconfig }, results),
    );
  }
  const after = stateAfter(state, tests, results, runtime);
  const table = tableOf(after);
  writeFileSync(join(directory, "table.md"), table);
  console.log(table);
  if (values.record) writeState(after);
  const lost = regressions(state, [...results.values()], runtime);
  for (const test of lost) console.log(`passed before: ${test}`);
  const passed = wanted.filter((test) => results.get(test)?.passed === true).length;
  console.log(`${passed} of ${wanted.length} passed, ${lost.length} regressions`);
  return lost.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (values.table) {
    console.log(tableOf(readState()));
    return 0;
  }
  const missing = await whatIsMissing();
  if (missing.length > 0) {
    console.log(`skipped: ${missing.join("; ")}`);
    return 0;
  }
  if (containers && values.kubeconfig === undefined && !isInside())
    return runInside(process.argv.slice(2));
  return runAll(await conformanceTests(values.e2e), readState());
}

process.exit(await main());
