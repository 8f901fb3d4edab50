/**
 * `npm test`: every check of the repository, one after the other, and one line at the end:
 * `N passed, N failed`. Each stage's own output stays above it.
 */
import { spawn } from "node:child_process";

import { join } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules/.bin", name);

interface Stage {
  readonly title: string;
  readonly command: readonly string[];
  /** Test runners count for themselves; a plain check is one test. */
  readonly counts?: RegExp;
  readonly env?: Readonly<Record<string, string>>;
}

const stages: readonly Stage[] = [
  { title: "types", command: [bin("tsc"), "--noEmit"] },
  { title: "format and lint", command: [bin("biome"), "check", "."] },
  { title: "dead code", command: [bin("knip")] },
  {
    title: "generated code is current",
    command: [process.execPath, "proto/generate.ts", "--check"],
  },
  {
    title: "tests on Bun",
    command: [process.execPath, "test", "--timeout", "120000"],
    counts: /^\s*(\d+) (pass|fail)$/gm,
  },
  {
    title: "the main job on Deno",
    command: [process.execPath, "test", "--timeout", "120000", "tests/integration"],
    counts: /^\s*(\d+) (pass|fail)$/gm,
    env: { KUBUN_TEST_RUNTIME: "deno" },
  },
];

interface Outcome {
  passed: number;
  failed: number;
}

/** Lines that a failed test printed, as far as they are said again at the end. */
const saidAgainMax = 60;

/** What stood above each failed test: a log that is cut shows its end. */
function failures(output: string): readonly string[] {
  const lines = output.split("\n");
  return lines.flatMap((line, at) => {
    if (!line.startsWith("(fail)")) return [];
    const above = lines.slice(Math.max(0, at - saidAgainMax), at);
    const own = above.findLastIndex((other) => /^\((pass|fail|skip|todo)\)/.test(other)) + 1;
    return [...above.slice(own), line];
  });
}

function runStage(stage: Stage): Promise<Outcome> {
  const [command = "", ...args] = stage.command;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...stage.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk;
        process.stderr.write(chunk);
      });
    }
    child.on("close", (code) => {
      said.push(...failures(output));
      resolve(outcomeOf(stage, output, code ?? 1));
    });
  });
}

/** A runner that fails without a failed test (a crash, no test found) is a failure of its own. */
function outcomeOf(stage: Stage, output: string, code: number): Outcome {
  if (stage.counts === undefined) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  const sum: Outcome = { passed: 0, failed: 0 };
  for (const [, count, verdict] of output.matchAll(stage.counts)) {
    if (verdict === "pass") sum.passed += Number(count);
    else sum.failed += Number(count);
  }
  if (sum.failed === 0 && (code !== 0 || sum.passed === 0)) sum.failed = 1;
  return sum;
}

const said: string[] = [];
const total: Outcome = { passed: 0, failed: 0 };
const wanted = process.argv.slice(2);
for (const stage of stages) {
  if (wanted.length > 0 && !wanted.some((word) => stage.title.includes(word))) continue;
  const started = performance.now();
  process.stderr.write(`\n== ${stage.title}\n`);
  const { passed, failed } = await runStage(stage);
  total.passed += passed;
  total.failed += failed;
  process.stderr.write(
    `== ${stage.title}: ${failed === 0 ? "ok" : "FAILED"} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
}
if (said.length > 0) process.stderr.write(`\n== what failed\n${said.join("\n")}\n`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
