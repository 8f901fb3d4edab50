/** Controllers change sides: stock kube-controller-manager on our API server, ours on a stock kube-apiserver. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createAuthority } from "#apimachinery/pki.ts";
import { readKubeconfig } from "#client/kubeconfig.ts";
import { type RunningCluster, removeDataDir, startCluster } from "#tests/support/cluster.ts";
import { PeerProcesses, peer } from "#tests/support/peers.ts";
import {
  controllerFlags,
  type StockServer,
  serviceAccountKey,
  startStockServer,
} from "#tests/support/stock-server.ts";
import { skipped } from "./skip.ts";
import { type Kubectl, kubectlOf, scenarios } from "./workloads.ts";

/** Longer than this and the scenarios are repeated: `KUBUN_SWAPS_MINUTES=30 npm run swaps`. */
const minutes = Number(process.env["KUBUN_SWAPS_MINUTES"] ?? 0);
const scenarioMsMax = 150_000 + minutes * 60_000;

/** Every scenario, again and again until the minutes are over. */
async function churn(kubectl: Kubectl): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    kubectl.run("delete", "namespace", "bounded", "--ignore-not-found");
    for (const scenario of Object.values(scenarios)) await scenario(kubectl);
  }
}

/** What a stock component complains of that the server it speaks to must have caused. */
function complaints(log: string): readonly string[] {
  const ours =
    /unable to decode|unexpected EOF|no kind .* is registered|the server could not find|Internal error|invalid resource version|failed to list|Failed to watch|422|Unauthorized|forbidden/;
  return log.split("\n").filter((line) => /^[EF]\d{4}/.test(line) && ours.test(line));
}

const stockReason = skipped(["kube-controller-manager"]);
describe.skipIf(stockReason !== "")(`stock controllers on our API server${stockReason}`, () => {
  let cluster: RunningCluster;
  let processes: PeerProcesses;
  let kubectl: Kubectl;
  beforeAll(async () => {
    cluster = await startCluster(["--runtime", "simulated", "--nodes", "3", "--no-controllers"]);
    const folder = cluster.dataDir;
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const signing = await createAuthority({ commonName: "signer", now: new Date() });
    const { certificateAuthority } = readKubeconfig(readFileSync(cluster.kubeconfig, "utf8"));
    processes = new PeerProcesses(folder);
    const flags = controllerFlags(cluster.kubeconfig, {
      authority: file("root-ca.crt", certificateAuthority),
      signer: [file("signer.crt", signing.certificate), file("signer.key", signing.privateKey)],
      key: file("sa.key", serviceAccountKey()),
    });
    processes.start("kube-controller-manager", peer("kube-controller-manager"), flags);
    kubectl = kubectlOf(cluster.kubeconfig, () => processes.said());
  }, 120_000);
  afterAll(async () => {
    await processes?.stop();
    await cluster?.stop();
    if (cluster !== undefined) removeDataDir(cluster.dataDir);
  }, 60_000);

  for (const [name, scenario] of Object.entries(scenarios)) {
    test(name, () => scenario(kubectl), scenarioMsMax);
  }

  test(
    "and their log holds no error of ours",
    async () => {
      await churn(kubectl);
      const log = readFileSync(join(cluster.dataDir, "kube-controller-manager.log"), "utf8");
      expect(complaints(log)).toEqual([]);
    },
    scenarioMsMax,
  );
});

const ownReason = skipped(["etcd", "kube-apiserver", "fakenode"]);
describe.skipIf(ownReason !== "")(`our controllers on a stock API server${ownReason}`, () => {
  let stock: StockServer;
  let processes: PeerProcesses;
  let kubectl: Kubectl;
  beforeAll(async () => {
    stock = await startStockServer({ scheduler: [] });
    const { kubeconfig, directory } = stock;
    processes = new PeerProcesses(directory);
    const authority = ["ca.crt", "ca.key"].map((name) => join(directory, name));
    const own = [join(import.meta.dirname, "component-main.ts"), "controllers", kubeconfig];
    processes.start("our-controllers", process.execPath, [...own, ...authority]);
    processes.start("fakenode", peer("fakenode"), ["-kubeconfig", kubeconfig, "-n", "3"]);
    kubectl = kubectlOf(kubeconfig, () => `${processes.said()}\n${stock.said()}`);
  }, 120_000);
  afterAll(async () => {
    await processes?.stop();
    await stock?.stop();
  }, 60_000);

  for (const [name, scenario] of Object.entries(scenarios)) {
    test(name, () => scenario(kubectl), scenarioMsMax);
  }

  test("and they met no error", () => {
    const log = readFileSync(join(stock.directory, "our-controllers.log"), "utf8");
    expect(log).toContain("controllers started");
    expect(log.split("\n").filter((line) => line.includes("ERROR"))).toEqual([]);
  });
});
