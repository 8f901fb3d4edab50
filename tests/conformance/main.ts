/**
 * `npm run conformance`: upstream's conformance tests against a cluster of simulated nodes, or any other. Results
 * stay in a directory, so that a run that was stopped goes on where it was.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { startCluster } from "#tests/support/cluster.ts";
import { conformanceTests, type Result, type Running, runTests } from "./e2e.ts";
import { type Group, groupsOf, needsContainers } from "./groups.ts";
import { tableOf } from "./table.ts";

const usage = `conformance [options]: runs upstream's conformance tests
  --focus REGEX      only tests whose name matches
  --e2e PATH         upstream's e2e.test; kubectl beside it (default: where the stock components are built)
  --kubeconfig PATH  a cluster that runs already (default: one of its own, on simulated nodes)
  --out DIR          results and table.md (default: ${join(tmpdir(), "kubun-conformance")})
  --again            forget earlier results of the tests that match
  --failed           run again what failed
  --containers       run what needs real containers too
  --parallel N       groups at once, where upstream allows it (default 3)
  --seconds N        for one test, at most (default 150)`;

const { values } = parseArgs({
  options: {
    focus: { type: "string", default: "" },
    e2e: { type: "string", default: join(homedir(), ".cache/kubun-peers/bin/e2e.test") },
    kubeconfig: { type: "string" },
    out: { type: "string", default: join(tmpdir(), "kubun-conformance") },
    again: { type: "boolean", default: false },
    failed: { type: "boolean", default: false },
    containers: { type: "boolean", default: false },
    parallel: { type: "string", default: "3" },
    seconds: { type: "string", default: "150" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const resultsFile = join(values.out, "results.jsonl");

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
  const cluster = await startCluster(["--runtime", "simulated", "--nodes", "3"]);
  try {
    await use(cluster.kubeconfig);
  } finally {
    await cluster.stop();
    rmSync(cluster.dataDir, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { e2e } = values;
  if (!existsSync(e2e)) {
    console.log(`skipped: there is no e2e.test at ${e2e} (--e2e PATH names one)`);
    return 0;
  }
  mkdirSync(values.out, { recursive: true });
  const tests = await conformanceTests(e2e);
  const results = knownResults();
  const focus = new RegExp(values.focus);
  const wanted = tests.filter((test) => {
    const known = results.get(test);
    const open = known === undefined || values.again || (values.failed && !known.passed);
    return focus.test(test) && open && (values.containers || !needsContainers(test));
  });
  console.log(`${wanted.length} of ${tests.length} conformance tests to run`);
  if (wanted.length > 0) {
    await withCluster((kubeconfig) =>
      runGroups(
        groupsOf(wanted),
        { e2e, kubeconfig, directory: values.out, secondsMax: 0 },
        results,
      ),
    );
  }
  const table = tableOf(tests, results);
  writeFileSync(join(values.out, "table.md"), table);
  console.log(table);
  const failed = wanted.filter((test) => results.get(test)?.passed !== true);
  return failed.length === 0 ? 0 : 1;
}

process.exit(await main());
