/**
 * Nodes change sides: a stock kubelet and kube-proxy on our API server, our agent on a stock kube-apiserver. Both
 * join by a bootstrap token and go through the same scenario. Stock programs are looked for in KUBUN_PEERS/bin.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { caCertHash } from "#cli/token.ts";
import { missingForContainers, removeContainerd } from "#tests/kubelet/containers.ts";
import {
  hasKubectl,
  kubectl,
  kubun,
  type RunningCluster,
  type RunningVerb,
  startCluster,
  startVerb,
  temporaryDataDir,
  waitFor,
} from "#tests/support/cluster.ts";
import { busyboxArchive, busyboxImage } from "#tests/support/images.ts";
import { missingPeers } from "#tests/support/peers.ts";
import { type StockServer, startStockServer } from "#tests/support/stock-server.ts";
import { type StockNode, startStockNode } from "./stock-node.ts";

const peers = [
  "kubelet",
  "kube-proxy",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
];
const missing = [
  // A minute of other people's programs: `npm run swaps`.
  ...(process.env["KUBUN_SWAPS"] === undefined ? ["KUBUN_SWAPS is not set"] : []),
  ...missingPeers(...peers).map((name) => `no stock ${name}`),
  ...(await missingForContainers()),
  ...(hasKubectl ? [] : ["kubectl is not installed"]),
];
const why = missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;
const web =
  "echo up $(hostname); echo page > /tmp/index.html; trap 'exit 0' TERM; httpd -p 8080 -h /tmp; while true; do sleep 0.2; done";

type Run = (...args: readonly string[]) => string;

function runner(kubeconfig: string, said: () => string): Run {
  return (...args) => {
    const { code, out, err } = kubectl(kubeconfig, args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${err}\n${said()}`);
    return out;
  };
}

/** What a node is for, seen through the API server. */
async function goesThroughItsJob(run: Run, node: string): Promise<void> {
  const ready = (): string => run("get", "nodes", "--no-headers");
  await waitFor("the node", () => new RegExp(`^${node}\\s+Ready\\s`, "m").test(ready()), ready);
  const inNamespace = ["-n", "kube-node-lease", "--ignore-not-found"];
  const renewed = (): string =>
    run("get", "lease", node, ...inNamespace, "-o", "jsonpath={.spec.renewTime}");
  await waitFor("its lease", () => renewed() !== "", ready);
  const before = renewed();
  run(
    "create",
    "deployment",
    "web",
    `--image=${busyboxImage}`,
    "--replicas=2",
    "--",
    "sh",
    "-c",
    web,
  );
  run("rollout", "status", "deploy/web", "--timeout=90s");
  expect(run("logs", "deploy/web")).toStartWith("up web-");
  expect(run("exec", "deploy/web", "--", "cat", "/tmp/index.html")).toBe("page\n");
  await waitFor("the lease to be renewed", () => renewed() !== before, renewed);
}

async function leavesNothing(run: Run): Promise<void> {
  run("delete", "deployment", "--all");
  const left = (): string => run("get", "pods", "-o", "name");
  await waitFor("no pods", () => left().trim() === "", left);
}

describe.skipIf(missing.length > 0)(
  `a stock kubelet and kube-proxy on our API server${why}`,
  () => {
    let cluster: RunningCluster;
    let node: StockNode | undefined;
    let run: Run;
    beforeAll(async () => {
      cluster = await startCluster(["--nodes", "0"]);
      const { out } = kubun(["token", "create", "--data-dir", cluster.dataDir]);
      const adminKubeconfig = readFileSync(cluster.kubeconfig, "utf8");
      node = await startStockNode({ name: "stock", adminKubeconfig, token: out.trim() });
      run = runner(cluster.kubeconfig, () => `${node?.said()}\n${cluster.said()}`);
    });
    afterAll(async () => {
      await leavesNothing(run).finally(() => node?.stop());
      await cluster.stop();
      await removeContainerd(cluster.dataDir);
    });

    test("joins, renews its lease, runs pods, shows their logs, executes in them", async () => {
      await goesThroughItsJob(run, "stock");
      expect(run("get", "csr", "--no-headers")).toContain("Approved,Issued");
    });

    test("a Service is reached by its cluster IP", async () => {
      run("expose", "deploy/web", "--port=80", "--target-port=8080");
      const ip = run("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
      const asked = (): string =>
        kubectl(cluster.kubeconfig, ["exec", "deploy/web", "--", "wget", "-qO-", `http://${ip}/`])
          .out;
      await waitFor("an answer of the Service", () => asked() === "page\n");
    });
  },
);

describe.skipIf(missing.length > 0)(`our agent on a stock kube-apiserver${why}`, () => {
  let plane: StockServer;
  let agent: RunningVerb | undefined;
  let run: Run;
  const dataDir = temporaryDataDir();
  beforeAll(async () => {
    plane = await startStockServer({ controllers: [], scheduler: [] });
    run = runner(plane.kubeconfig, () => `${agent?.said()}\n${plane.said()}`);
    // What kubeadm sets up for joining machines.
    const bind = (name: string, role: string): string =>
      run(
        "create",
        "clusterrolebinding",
        name,
        `--clusterrole=${role}`,
        "--group=system:bootstrappers",
      );
    bind("bootstrap", "system:node-bootstrapper");
    bind("approve", "system:certificates.k8s.io:certificatesigningrequests:nodeclient");
    run(
      "create",
      "secret",
      "generic",
      "bootstrap-token-abcdef",
      "--namespace=kube-system",
      "--type=bootstrap.kubernetes.io/token",
      "--from-literal=token-id=abcdef",
      "--from-literal=token-secret=0123456789abcdef",
      "--from-literal=usage-bootstrap-authentication=true",
    );
    const hash = caCertHash(plane.certificateAuthority);
    const join = ["--token", "abcdef.0123456789abcdef", "--ca-cert-hash", hash];
    const self = ["--data-dir", dataDir, "--node-name", "ours", "--port", "0"];
    const args = ["agent", "--server", plane.url, ...join, ...self, "--runtime", "containerd"];
    agent = await startVerb(args, "is Ready");
    const imported = kubun(["image", "import", "--data-dir", dataDir, "-"], await busyboxArchive());
    expect(imported.code).toBe(0);
  });
  afterAll(async () => {
    await leavesNothing(run).finally(() => agent?.stop());
    await plane.stop();
    await removeContainerd(dataDir);
  });

  test("joins, renews its lease, runs pods, shows their logs, executes in them", async () => {
    await goesThroughItsJob(run, "ours");
  });
});
