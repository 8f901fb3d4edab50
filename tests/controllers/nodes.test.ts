/** Nodes join, get their addresses, fall silent and come back. The controllers' clock is the test's. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { certificateInfo, createSigningRequest } from "#apimachinery/pki.ts";
import { formatMicroTime } from "#apimachinery/time.ts";
import { certificatesigningrequests, clustertrustbundles } from "#gen/api/certificates/v1.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import { configmaps, type Node, nodes, type Pod, pods, secrets } from "#gen/api/core/v1.ts";
import { FakeClock } from "../client/fake-clock.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
const clock = new FakeClock(Date.now());

beforeAll(async () => {
  plane = await openPlane({ clock });
});
afterAll(() => plane.close());

/** Time passes while we look: a second a look. */
async function later<T>(
  what: string,
  look: () => Promise<T>,
  isDone: (seen: T) => boolean,
  secondsMax = 120,
) {
  for (let second = 0; second < secondsMax; second++) {
    const seen = await look();
    if (isDone(seen)) return seen;
    await clock.advance(1000);
  }
  throw new Error(`${what}: last seen ${JSON.stringify(await look())}`);
}

async function join(name: string): Promise<Node> {
  const node = await plane.client.create(nodes, "", { metadata: { name }, spec: {} });
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const ready = { type: "Ready", status: "True", reason: "KubeletReady", message: "" };
  const conditions = [{ ...ready, lastHeartbeatTime: time, lastTransitionTime: time }];
  // A patch, as a kubelet's: the range may have been given in between.
  const target = { namespace: "", name, subresource: "status" };
  const type = "application/strategic-merge-patch+json";
  await plane.client.patch(nodes, target, type, { status: { conditions } });
  const metadata = { name, namespace: "kube-node-lease" };
  const renewTime = formatMicroTime(clock.now());
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
  await plane.client.create(leases, "kube-node-lease", { metadata, spec });
  return node;
}

async function renew(name: string): Promise<void> {
  const lease = await plane.client.get(leases, "kube-node-lease", name);
  const spec = { ...lease.spec, renewTime: formatMicroTime(clock.now()) };
  await plane.client.update(leases, { ...lease, spec });
}

async function runPod(name: string, nodeName: string, tolerationSeconds: number): Promise<Pod> {
  const tolerations = ["not-ready", "unreachable"].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists" as const,
    effect: "NoExecute" as const,
    tolerationSeconds,
  }));
  const pod = await plane.client.create(pods, "default", {
    metadata: { name },
    spec: { nodeName, tolerations, containers: [{ name: "c", image: "i" }] },
  });
  const conditions = [{ type: "Ready", status: "True" }];
  return plane.client.updateStatus(pods, {
    ...pod,
    status: { ...pod.status, phase: "Running", podIP: "10.244.0.9", conditions },
  });
}

const nodeNow = (name: string) => plane.client.get(nodes, "", name);
const readyOf = ({ status }: Node) =>
  status.conditions?.find(({ type }) => type === "Ready")?.status;
const taintsOf = ({ spec }: Node) =>
  (spec.taints ?? []).map(({ key, effect }) => `${key.split("/")[1]}:${effect}`);

test("every node gets a range of its own", async () => {
  await join("a");
  await join("b");
  const ranges = await eventually(
    "ranges",
    async () => (await plane.client.list(nodes)).items.map(({ spec }) => spec.podCIDR),
    (seen) => seen.every((it) => it !== undefined) && seen.length === 2,
  );
  expect([...ranges].sort()).toEqual(["10.244.0.0/24", "10.244.1.0/24"]);
});

test("a silent node is tainted, its pods are not ready and then evicted; one that renews is not", async () => {
  await runPod("quick", "a", 5);
  await runPod("patient", "a", 100_000);
  const silent = await later(
    "taints",
    async () => {
      await renew("b");
      return nodeNow("a");
    },
    (node) => taintsOf(node).includes("unreachable:NoExecute"),
  );
  expect(readyOf(silent)).toBe("Unknown");
  expect(readyOf(await nodeNow("b"))).toBe("True");
  const patient = await plane.client.get(pods, "default", "patient");
  expect(patient.status.conditions?.find(({ type }) => type === "Ready")?.status).toBe("False");
  const quick = await later(
    "the eviction",
    () => plane.client.get(pods, "default", "quick"),
    ({ metadata }) => metadata.deletionTimestamp !== undefined,
  );
  expect(quick.status.conditions?.some(({ type }) => type === "DisruptionTarget")).toBe(true);
  expect(
    (await plane.client.get(pods, "default", "patient")).metadata.deletionTimestamp,
  ).toBeUndefined();
});

test("back again, the taints go", async () => {
  const node = await nodeNow("a");
  const conditions = (node.status.conditions ?? []).map((it) => ({
    ...it,
    status: it.type === "Ready" ? "True" : "False",
    lastHeartbeatTime: "2026-01-02T00:00:00Z",
  }));
  await plane.client.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
  await later(
    "no taints",
    () => nodeNow("a"),
    (it) => taintsOf(it).length === 0,
  );
});

test("pods of a node that has vanished are collected", async () => {
  await plane.client.delete(nodes, "", "a");
  await later(
    "an empty node",
    async () => (await plane.client.list(pods, { fieldSelector: "spec.nodeName=a" })).items,
    (items) => items.length === 0,
  );
});

test("a machine with a bootstrap token gets its client certificate", async () => {
  const bootstrap = plane.clientOf({
    name: "system:bootstrap:abcdef",
    uid: "",
    groups: [
      "system:bootstrappers",
      "system:bootstrappers:kubeadm:default-node-token",
      "system:authenticated",
    ],
    extra: {},
  });
  const { request } = await createSigningRequest({
    commonName: "system:node:new",
    organizations: ["system:nodes"],
  });
  await bootstrap.create(certificatesigningrequests, "", {
    metadata: { name: "csr" },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: ["client auth", "digital signature"],
      expirationSeconds: 3600,
    },
  });
  const { status } = await later(
    "the certificate",
    () => plane.client.get(certificatesigningrequests, "", "csr"),
    (csr) => (csr.status.certificate ?? "") !== "",
    20,
  );
  const pem = Buffer.from(status.certificate ?? "", "base64").toString("utf8");
  expect(certificateInfo(pem)).toMatchObject({
    commonName: "system:node:new",
    organizations: ["system:nodes"],
  });
});

test("an expired token goes, a valid one signs cluster-info", async () => {
  const token = (id: string, expiration: string) =>
    plane.client.create(secrets, "kube-system", {
      metadata: { name: `bootstrap-token-${id}` },
      type: "bootstrap.kubernetes.io/token",
      stringData: {
        "token-id": id,
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-signing": "true",
        expiration,
      },
    });
  await token("oldold", "2020-01-01T00:00:00Z");
  await token("newnew", "2099-01-01T00:00:00Z");
  await plane.client.create(configmaps, "kube-public", {
    metadata: { name: "cluster-info" },
    data: { kubeconfig: "apiVersion: v1" },
  });
  const info = await later(
    "the signature",
    () => plane.client.get(configmaps, "kube-public", "cluster-info"),
    ({ data }) => data?.["jws-kubeconfig-newnew"] !== undefined,
    20,
  );
  expect(Object.keys(info.data ?? {}).sort()).toEqual(["jws-kubeconfig-newnew", "kubeconfig"]);
  const left = await later(
    "the end of the old one",
    async () => (await plane.client.list(secrets, { namespace: "kube-system" })).items,
    (items) => items.every(({ metadata }) => metadata.name !== "bootstrap-token-oldold"),
    20,
  );
  expect(left.map(({ metadata }) => metadata.name)).toContain("bootstrap-token-newnew");
});

test("a node is told how long it may believe its copies", async () => {
  const { metadata } = await later(
    "the annotation",
    () => nodeNow("b"),
    (node) => node.metadata.annotations?.["node.alpha.kubernetes.io/ttl"] !== undefined,
    20,
  );
  expect(metadata.annotations?.["node.alpha.kubernetes.io/ttl"]).toBe("0");
});

test("who checks the API server finds its authority, alone of its signer", async () => {
  const { items } = await plane.client.list(clustertrustbundles);
  const signer = "kubernetes.io/kube-apiserver-serving";
  const ours = items.filter(({ spec }) => spec.signerName === signer);
  expect(ours.map(({ spec }) => spec.trustBundle)).toEqual([plane.authority.certificate]);
});

test("every namespace has the cluster's CA", async () => {
  const { data } = await plane.client.get(configmaps, "kube-public", "kube-root-ca.crt");
  expect(data?.["ca.crt"]).toBe(plane.authority.certificate);
});

test("nothing was refused to a controller on the way", () => {
  expect(plane.complaints.filter((it) => it.includes("forbidden"))).toEqual([]);
});
