/** Upstream's e2e.test, as a list of tests and as something that runs some of them. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { parse } from "yaml";

export interface Result {
  /** The whole name: `[sig-apps] Deployment should … [Conformance]`. */
  readonly test: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** Why it failed: the first lines of what it said. */
  readonly why: string;
}

interface Finished {
  readonly out: string;
  readonly code: number;
}

/** Runs to the end, or is killed after `secondsMax`. */
function run(command: string, args: readonly string[], secondsMax: number): Promise<Finished> {
  // kubectl is looked for beside e2e.test.
  const path = `${dirname(command)}${delimiter}${process.env["PATH"] ?? ""}`;
  const child = spawn(command, args, { env: { ...process.env, PATH: path } });
  const timer = setTimeout(() => child.kill("SIGKILL"), secondsMax * 1000);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.resume();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ out: Buffer.concat(chunks).toString(), code: code ?? -1 });
    });
  });
}

const listSecondsMax = 60;

/** The names of all conformance tests. Throws when e2e.test cannot be run. */
export async function conformanceTests(e2e: string): Promise<readonly string[]> {
  const { out, code } = await run(e2e, ["--list-conformance-tests"], listSecondsMax);
  if (code !== 0) throw new Error(`${e2e} --list-conformance-tests ended with ${code}`);
  const tests: unknown = parse(out);
  if (!Array.isArray(tests)) throw new Error(`${e2e} lists no conformance tests`);
  return tests.map(({ codename }: { codename: string }) => codename);
}

interface SpecReport {
  readonly ContainerHierarchyTexts?: readonly string[] | null;
  readonly LeafNodeText: string;
  readonly State: string;
  /** Nanoseconds. */
  readonly RunTime: number;
  readonly Failure?: { readonly Message?: string };
}

export interface Running {
  readonly e2e: string;
  readonly kubeconfig: string;
  /** Where the report may stand for a while. */
  readonly directory: string;
  /** For all tests of one call together. */
  readonly secondsMax: number;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

let reports = 0;
/** To start, and to tidy up and write its report after its time is over: what it has by then is worth waiting for. */
const startSecondsMax = 180;

/** One result for each test. Those that one before them kept from running have another go, without it. */
export async function runTests(tests: readonly string[], running: Running): Promise<Result[]> {
  const results = await runOnce(tests, running);
  const heard = results.filter(({ why }) => why !== unheard.why);
  if (heard.length === 0 || heard.length === results.length) return results;
  const left = results.filter(({ why }) => why === unheard.why).map(({ test }) => test);
  return [...heard, ...(await runTests(left, running))];
}

const unheard = { passed: false, seconds: 0, why: "it gave no report" };

async function runOnce(tests: readonly string[], running: Running): Promise<Result[]> {
  const report = join(running.directory, `report-${process.pid}-${reports++}.json`);
  const { secondsMax } = running;
  const focus = tests.map((test) => `--ginkgo.focus=${escaped(test)}`);
  await run(
    running.e2e,
    [
      ...focus,
      `--ginkgo.json-report=${report}`,
      `--ginkgo.timeout=${secondsMax}s`,
      `--kubeconfig=${running.kubeconfig}`,
      "--provider=skeleton",
      "--node-schedulable-timeout=5s",
      "--allowed-not-ready-nodes=-1",
      `--kubectl-path=${join(dirname(running.e2e), "kubectl")}`,
    ],
    secondsMax + startSecondsMax,
  );
  const found = existsSync(report) ? resultsIn(readFileSync(report, "utf8")) : [];
  rmSync(report, { force: true });
  return tests.map((test) => found.find((it) => it.test === test) ?? { test, ...unheard });
}

/** Ginkgo's report format, as its documentation has it; nothing where it was stopped while it wrote. */
function suitesIn(text: string): readonly { SpecReports?: readonly SpecReport[] }[] {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}

function resultsIn(text: string): readonly Result[] {
  return suitesIn(text)
    .flatMap(({ SpecReports }) => SpecReports ?? [])
    .filter(({ State, LeafNodeText }) => State !== "skipped" && LeafNodeText !== "")
    .map(({ ContainerHierarchyTexts, LeafNodeText, State, RunTime, Failure }) => ({
      test: [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(" "),
      passed: State === "passed",
      seconds: Math.round(RunTime / 1e8) / 10,
      why: (Failure?.Message ?? "").split("\n").slice(0, 6).join(" ").slice(0, 400),
    }));
}
