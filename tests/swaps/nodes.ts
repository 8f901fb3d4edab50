/**
 * Nodes change sides: a stock kubelet and kube-proxy on our API server, our agent on a stock kube-apiserver. Both
 * join by a bootstrap token and go through the same job.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { caCertHash } from "#cli/token.ts";
import { deployments } from "#gen/api/apps/v1.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import { nodes, pods, secrets, services } from "#gen/api/core/v1.ts";
import { clusterrolebindings } from "#gen/api/rbac/v1.ts";
import { missingForContainers, removeContainerd } from "#tests/kubelet/containers.ts";
import { kubun, type RunningVerb, startVerb } from "#tests/support/cluster.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { busyboxArchive, busyboxImage } from "#tests/support/images.ts";
import { kubectlOf } from "./kubectl.ts";
import { type StockNode, startStockNode } from "./stock-node.ts";
import type { Check, Swap } from "./swap.ts";
import { until } from "./until.ts";
import { isReady, type Place, podsOf } from "./workloads/place.ts";
import { notBuilt, openOurWorld, openStockWorld, type World } from "./world.ts";

const namespace = "default";
const web =
  "echo up $(hostname); echo page > /tmp/index.html; trap 'exit 0' TERM; httpd -p 8080 -h /tmp; while true; do sleep 0.2; done";
const replicas = 2;

async function joins({ client }: Place, node: string): Promise<string> {
  const seen = async (): Promise<string> => {
    const { status } = await client.get(nodes, "", node);
    return status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "unknown";
  };
  await until(`node ${node} to be Ready`, "True", seen);
  const { items } = await client.list(certificatesigningrequests);
  const issued = items.filter(
    ({ spec, status }) =>
      spec.signerName === "kubernetes.io/kube-apiserver-client-kubelet" &&
      (status?.certificate ?? "") !== "",
  );
  assert.ok(issued.length > 0, "no certificate was issued to it");
  return `Ready by its own certificate, asked for by ${issued[0]?.spec.username}`;
}

async function renews({ client }: Place, node: string): Promise<string> {
  const inLeases = "kube-node-lease";
  const time = async (): Promise<string> =>
    (await client.get(leases, inLeases, node)).spec.renewTime ?? "";
  await until("its Lease", "true", async () => `${(await time()) !== ""}`);
  const before = await time();
  await until("it to be renewed", "true", async () => `${(await time()) !== before}`);
  return "its Lease was renewed";
}

async function runsPods(place: Place, node: string): Promise<string> {
  const { client } = place;
  const labels = { app: "web" };
  const container = { name: "c", image: busyboxImage, command: ["sh", "-c", web] };
  const spec = {
    nodeSelector: { "kubernetes.io/hostname": node },
    tolerations: [{ operator: "Exists" as const }],
    containers: [container],
  };
  await client.create(deployments, namespace, {
    metadata: { name: "web" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  const ready = async (): Promise<number> => (await podsOf(place, "web")).filter(isReady).length;
  await until("its pods", `${replicas}`, async () => `${await ready()}`);
  return `${replicas} pods of containerd Ready`;
}

function jobOfANode(world: World, node: string): readonly Check[][] {
  const place = { client: world.client, namespace };
  const kubectl = kubectlOf(world.kubeconfig);
  const logs = async (): Promise<string> => {
    // Beside the line that says which of the pods was taken.
    assert.match(await kubectl.run("logs", "deploy/web"), /^up web-/m);
    return "the first line of a container";
  };
  const exec = async (): Promise<string> => {
    const page = await kubectl.run("exec", "deploy/web", "--", "cat", "/tmp/index.html");
    assert.equal(page, "page\n");
    return "a file of a container";
  };
  return [
    [{ must: "join by bootstrap token", run: () => joins(place, node) }],
    [
      { must: "renew its Lease", run: () => renews(place, node) },
      { must: "run pods by containerd", run: () => runsPods(place, node) },
    ],
    [
      { must: "give logs through the server", run: logs },
      { must: "execute through the server", run: exec },
    ],
  ];
}

function serviceCheck({ client, kubeconfig }: World): Check {
  return {
    must: "reach a Service by its cluster IP",
    async run() {
      const spec = { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] };
      const made = await client.create(services, namespace, { metadata: { name: "web" }, spec });
      const url = `http://${made.spec.clusterIP}/`;
      const wget = ["exec", "deploy/web", "--", "wget", "-qO-", url];
      await until("an answer", "page\n", () => kubectlOf(kubeconfig).run(...wget));
      return `${url} answered from a pod`;
    },
  };
}

/** Containers end while their node still stands. */
async function leavesNothing({ client }: World): Promise<void> {
  await client.delete(deployments, namespace, "web").catch(() => undefined);
  await client.deleteCollection(pods, { namespace, labelSelector: "app=web" });
  const left = async (): Promise<string> =>
    `${(await client.list(pods, { namespace, labelSelector: "app=web" })).items.length}`;
  await until("no pods", "0", left);
}

export const missingForNodes = async (
  ...programs: readonly string[]
): Promise<readonly string[]> => [
  ...notBuilt("kubectl", ...programs),
  ...(await missingForContainers()),
];

/** To be closed before its world. */
export async function addStockNode(world: World, dataDir: string) {
  const { out } = kubun(["token", "create", "--data-dir", dataDir]);
  const adminKubeconfig = readFileSync(world.kubeconfig, "utf8");
  const node: StockNode = await startStockNode({
    name: "stock",
    adminKubeconfig,
    token: out.trim(),
  });
  return {
    stages: [...jobOfANode(world, "stock"), [serviceCheck(world)]],
    close: () => leavesNothing(world).finally(() => node.stop()),
  };
}

export const stockNode: Swap = {
  side: "on our API server",
  part: "stock kubelet and kube-proxy",
  missing: () => missingForNodes("kubelet", "kube-proxy"),
  async open() {
    const world = await openOurWorld({ nodes: 0 });
    const node = await addStockNode(world, world.folder);
    return { stages: node.stages, close: () => node.close().finally(world.close) };
  },
};

/** What kubeadm sets up for joining machines. */
async function admitJoining({ client }: World): Promise<void> {
  const group = "system:bootstrappers";
  const roles = {
    bootstrap: "system:node-bootstrapper",
    approve: "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
  };
  for (const [name, role] of Object.entries(roles)) {
    await client.create(clusterrolebindings, "", {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }],
    });
  }
  await client.create(secrets, "kube-system", {
    metadata: { name: "bootstrap-token-abcdef" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      "token-id": "abcdef",
      "token-secret": "0123456789abcdef",
      "usage-bootstrap-authentication": "true",
    },
  });
}

/** To be closed before its world. */
export async function addOurNode(world: World) {
  await admitJoining(world);
  const dataDir = temporaryDataDir();
  const { url, certificateAuthority } = world;
  const join = [
    "--token",
    "abcdef.0123456789abcdef",
    "--ca-cert-hash",
    caCertHash(certificateAuthority),
  ];
  const self = ["--data-dir", dataDir, "--node-name", "ours", "--port", "0"];
  const given = ["agent", "--server", url, ...join, ...self, "--runtime", "containerd"];
  const agent: RunningVerb = await startVerb(given, "is Ready");
  const imported = kubun(["image", "import", "--data-dir", dataDir, "-"], await busyboxArchive());
  assert.equal(imported.code, 0, imported.err);
  return {
    stages: jobOfANode(world, "ours"),
    async close() {
      await leavesNothing(world).finally(() => agent.stop());
      await removeContainerd(dataDir);
    },
  };
}

export const ourNode: Swap = {
  side: "on a stock API server",
  part: "our agent",
  missing: () =>
    missingForNodes("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
  async open() {
    const world = await openStockWorld(0, { controllers: true, scheduler: true });
    const node = await addOurNode(world);
    return { stages: node.stages, close: () => node.close().finally(world.close) };
  },
};
