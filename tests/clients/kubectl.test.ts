/**
 * kubectl, unmodified, in the versions that are here, against a whole cluster of simulated nodes: applying both
 * ways, diff, edit, patches, rollouts, waiting, explaining, asking for rights, events, draining.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type RunningCluster, removeDataDir, startCluster } from "#tests/support/cluster.ts";
import { peer } from "#tests/support/peers.ts";
import { Kubectl } from "./kubectl.ts";
import { moreSteps } from "./kubectl-steps.ts";

const runs = (path: string): boolean => spawnSync(path, ["version", "--client"]).status === 0;

/** By the name that its tests carry. */
const clients = new Map(
  [
    ["kubectl of the machine", "kubectl"],
    ["kubectl of the peers", peer("kubectl")],
  ].filter((client): client is [string, string] => {
    const [, path = ""] = client;
    return (path === "kubectl" || existsSync(path)) && runs(path);
  }),
);
if (clients.size === 0) console.log("kubectl is not here: its scenarios are skipped");

const pause = "registry.k8s.io/pause";

const manifest = (replicas: number, tag: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: "${pause}:${tag}", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

let cluster: RunningCluster;

async function appliesClientSide(kubectl: Kubectl): Promise<void> {
  expect(await kubectl.says("apply -f -", manifest(2, "3.9"))).toContain("web created");
  expect(await kubectl.says("apply -f -", manifest(2, "3.9"))).not.toContain("configured");
  const changed = await kubectl.run("diff -f -", manifest(3, "3.10"));
  expect(changed.code).toBe(1);
  expect(changed.out).toContain("+  replicas: 3");
  expect((await kubectl.run("diff -f -", manifest(2, "3.9"))).code).toBe(0);
  expect(await kubectl.says("apply -f -", manifest(3, "3.10"))).toContain("web configured");
}

async function goesOverToServerSide(kubectl: Kubectl): Promise<void> {
  const revision = () => kubectl.says("get service web -o jsonpath={.metadata.resourceVersion}");
  expect(await kubectl.says("apply --server-side -f -", manifest(3, "3.10"))).toContain(
    "web serverside-applied",
  );
  expect(await kubectl.managers()).toContain("kubectl/Apply");
  expect(await kubectl.managers()).not.toContain("kubectl-client-side-apply/Update");
  const before = await revision();
  await kubectl.says("apply --server-side -f -", manifest(3, "3.10"));
  expect(await revision()).toBe(before);
  const changed = await kubectl.run("diff --server-side -f -", manifest(2, "3.9"));
  expect(changed.code).toBe(1);
  expect(changed.out).toContain(`+      - image: ${pause}:3.9`);
}

async function meetsConflicts(kubectl: Kubectl): Promise<void> {
  const other = "apply --server-side --field-manager=other -f -";
  const { code, out } = await kubectl.run(other, manifest(2, "3.9"));
  expect(code).toBe(1);
  expect(out).toContain('Apply failed with 2 conflicts: conflicts with "kubectl":');
  expect(out).toContain('- .spec.template.spec.containers[name="c"].image');
  await kubectl.says(`${other} --force-conflicts`, manifest(2, "3.9"));
  expect(await kubectl.managers()).toContain("other/Apply");
}

async function rollsOut(kubectl: Kubectl): Promise<void> {
  await kubectl.says("rollout status deployment/web --timeout=60s");
  await kubectl.says("set image deployment/web c=registry.k8s.io/pause:3.8");
  await kubectl.says("rollout status deployment/web --timeout=60s");
  expect(await kubectl.says("rollout history deployment/web")).toContain("REVISION");
  expect(await kubectl.says("rollout undo deployment/web")).toContain("rolled back");
  await kubectl.says("wait --for=condition=Available deployment/web --timeout=60s");
  await kubectl.says("scale deployment web --replicas=1");
  await kubectl.says("wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=60s");
}

async function editsAndPatches(kubectl: Kubectl): Promise<void> {
  const edit = await kubectl.says(
    "edit service web",
    "",
    "sed -i s/sessionAffinity:.None/sessionAffinity:\\ ClientIP/",
  );
  expect(edit).toContain("service/web edited");
  const affinity = "get service web -o jsonpath={.spec.sessionAffinity}";
  expect(await kubectl.says(affinity)).toBe("ClientIP");
  await kubectl.says('patch deployment web -p {"spec":{"paused":true}}');
  const remove = '[{"op":"remove","path":"/spec/paused"}]';
  await kubectl.says(`patch deployment web --type=json -p ${remove}`);
  const replicas = '{"spec":{"replicas":2}}';
  await kubectl.says(`patch deployment web --subresource=scale --type=merge -p ${replicas}`);
  expect(await kubectl.says("get deployment web -o jsonpath={.spec.replicas}")).toBe("2");
  await kubectl.says("label deployment web x=y");
  await kubectl.says("annotate deployment web n=m");
  expect(await kubectl.managers()).toContain("kubectl-label/Update");
}

async function asks(kubectl: Kubectl): Promise<void> {
  expect(await kubectl.says("explain deployment.spec.replicas")).toContain(
    "FIELD: replicas <integer>",
  );
  expect(await kubectl.says("explain pod --recursive")).toContain("metadata\t<ObjectMeta>");
  expect((await kubectl.says("auth can-i create pods")).trim()).toBe("yes");
  const stranger = await kubectl.run("auth can-i create pods --as=nobody");
  expect(stranger.out.trim()).toBe("no");
  expect(await kubectl.says("events --for=deployment/web")).toContain("ScalingReplicaSet");
  expect((await kubectl.run("top nodes")).out).toContain("Metrics API not available");
}

async function drains(kubectl: Kubectl): Promise<void> {
  const [node = ""] = (await kubectl.says("get nodes -o name")).split("\n");
  expect(await kubectl.says(`cordon ${node}`)).toContain("cordoned");
  const drained = await kubectl.says(`drain ${node} --ignore-daemonsets --force --timeout=60s`);
  expect(drained).toContain("drained");
  expect(await kubectl.says(`uncordon ${node}`)).toContain("uncordoned");
}

async function deletes(kubectl: Kubectl): Promise<void> {
  expect(await kubectl.says("delete -f -", manifest(1, "3.9"))).toContain('"web" deleted');
  await kubectl.says("wait --for=delete pod -l app=web --timeout=60s");
}

const scenarioMsMax = 120_000;

const why = clients.size === 0 ? " (skipped: no kubectl is installed)" : "";

describe.skipIf(clients.size === 0)(`kubectl${why}`, () => {
  beforeAll(async () => {
    cluster = await startCluster(["--runtime", "simulated", "--nodes", "2"]);
  }, scenarioMsMax);
  afterAll(async () => {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  });

  for (const [index, [name, path]] of [...clients].entries()) {
    const kubectl = new Kubectl(path, `scenario-${index}`, () => cluster.kubeconfig);
    const step = (what: string, run: (kubectl: Kubectl) => Promise<void>) =>
      test(`${name} ${what}`, () => run(kubectl), scenarioMsMax);
    step("makes a namespace", async () => {
      expect(await kubectl.says(`create namespace ${kubectl.namespace}`)).toContain("created");
    });
    step("applies, diffs and applies again", appliesClientSide);
    step("goes over to server-side apply", goesOverToServerSide);
    step("is told of conflicts and forces them", meetsConflicts);
    step("rolls out, back, and scales", rollsOut);
    step("edits, patches, labels and annotates", editsAndPatches);
    step("explains, asks for rights, shows events", asks);
    for (const [what, run] of moreSteps) step(what, run);
    step("cordons, drains and uncordons", drains);
    step("deletes", deletes);
  }
});
