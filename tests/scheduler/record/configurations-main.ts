/**
 * `bun tests/scheduler/record/configurations-main.ts`: asks the stock kube-scheduler what is wrong with every file of
 * tests/golden/scheduler-configurations.yaml, and writes its words beside them. Needs the stock scheduler alone.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { peer } from "#tests/support/peers.ts";
import { type ConfigurationCase, configurationCases } from "../configuration-cases.ts";

const directory = mkdtempSync(join(tmpdir(), "kubun-configurations-"));
const kubeconfig = join(directory, "kubeconfig");
/** Nobody listens there: the scheduler that gets so far has found nothing wrong. */
const server = "http://127.0.0.1:1";
const started = /Failed to watch|Starting Kubernetes Scheduler/;
const refusal = /"command failed" err=(".*")/;

/** "[a, b]" -> a, b: what stands before the next path. */
function linesOf(words: string): string[] {
  const strict = [...words.matchAll(/unknown field "([^"]+)"/g)];
  if (strict.length > 0) return strict.map(([, path]) => `${path}: unknown field`);
  const plain = words
    .replace(/^initializing profiles: creating profile for scheduler name \S+: /, "")
    .replace(/^initializing plugin "\w+": /, "");
  if (!plain.startsWith("[")) return [plain];
  return plain.slice(1, -1).split(/, (?=[a-z][A-Za-z]*[.[]|pod[A-Z])/);
}

async function ask({ configuration }: ConfigurationCase): Promise<string[]> {
  const file = join(directory, "scheduler.yaml");
  const head = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    leaderElection: { leaderElect: false },
  };
  const { clientConnection, ...rest } = configuration;
  const connection = { ...(clientConnection as object), kubeconfig };
  writeFileSync(file, stringify({ ...head, ...rest, clientConnection: connection }));
  const child = spawn(peer("kube-scheduler"), [
    `--config=${file}`,
    "--secure-port=0",
    "--authentication-skip-lookup",
  ]);
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
    if (started.test(text)) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("exit", resolve));
  const quoted = refusal.exec(text)?.[1];
  return quoted === undefined ? [] : linesOf(JSON.parse(quoted) as string);
}

const cluster = { name: "c", cluster: { server } };
const contexts = [{ name: "c", context: { cluster: "c", user: "u" } }];
const users = [{ name: "u", user: {} }];
writeFileSync(
  kubeconfig,
  stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [cluster],
    contexts,
    users,
    "current-context": "c",
  }),
);
const cases: readonly ConfigurationCase[] = parse(readFileSync(configurationCases, "utf8"));
const told: ConfigurationCase[] = [];
for (const one of cases) told.push({ ...one, wrong: await ask(one) });
writeFileSync(configurationCases, stringify(told, { lineWidth: 0 }));
