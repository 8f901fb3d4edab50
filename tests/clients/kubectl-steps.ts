/** What else people do with kubectl, on a namespace in which the Deployment `web` runs. */
import { expect } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "#tests/support/cluster.ts";
import { throughPort } from "#tests/support/port-forward.ts";
import type { Kubectl } from "./kubectl.ts";

async function printsEveryForm(kubectl: Kubectl): Promise<void> {
  const one = "get deployment web";
  const [json, yaml, wide, name, path, template, columns, labels, both, sorted, raw] =
    await Promise.all(
      [
        `${one} -o json`,
        `${one} -o yaml`,
        `${one} -o wide`,
        `${one} -o name`,
        `${one} -o jsonpath={.spec.template.spec.containers[*].name}`,
        `${one} -o go-template={{.metadata.name}}/{{.kind}}`,
        "get deployments -o custom-columns=N:.metadata.name,R:.spec.replicas",
        "get deployments -L app --show-labels",
        "get services,deployments --chunk-size=1 -l app!=other",
        "get configmaps --sort-by=.metadata.name -o name",
        `get --raw /apis/apps/v1/namespaces/${kubectl.namespace}/deployments/web/scale`,
      ].map((args) => kubectl.says(args)),
    );
  expect(JSON.parse(json ?? "")).toMatchObject({ kind: "Deployment", metadata: { name: "web" } });
  expect(yaml).toContain("kind: Deployment\nmetadata:\n");
  expect(wide).toMatch(/NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR/);
  expect([name, path, template]).toEqual(["deployment.apps/web\n", "c", "web/Deployment"]);
  expect(columns).toMatch(/^N +R\nweb +\d\n$/);
  expect(labels).toMatch(/APP +LABELS\nweb .* web +app=web/);
  expect(both).toContain("service/web");
  expect(sorted).toBe("configmap/kube-root-ca.crt\n");
  expect(JSON.parse(raw ?? "")).toMatchObject({ kind: "Scale" });
}

async function describesTheServer(kubectl: Kubectl): Promise<void> {
  const [resources, versions, described, version, info] = await Promise.all(
    [
      "api-resources --namespaced=true --verbs=list,watch -o wide",
      "api-versions",
      "describe deployment web",
      "version -o json",
      "cluster-info",
    ].map((args) => kubectl.says(args)),
  );
  expect(resources).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
  expect(versions).toContain("rbac.authorization.k8s.io/v1\n");
  expect(described).toMatch(/Replicas: .*desired .*\n/);
  // An older kubectl warns behind it.
  expect(version).toMatch(/"serverVersion": \{\s+"major": "1",\s+"minor": "37"/);
  expect(info).toContain("Kubernetes control plane");
}

async function proves(kubectl: Kubectl): Promise<void> {
  const who = await kubectl.says("auth whoami -o jsonpath={.status.userInfo.groups[*]}");
  expect(who).toContain("system:masters");
  const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: ${kubectl.namespace}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: ${kubectl.namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: default, namespace: ${kubectl.namespace}}]
`;
  expect(await kubectl.says("auth reconcile -f -", role)).toContain("reader reconciled");
  const account = `system:serviceaccount:${kubectl.namespace}:default`;
  const may = async (what: string): Promise<string> =>
    (await kubectl.run(`auth can-i ${what} --as=${account}`)).out.trim();
  expect([await may("get pods"), await may("delete pods")]).toEqual(["yes", "no"]);
  expect(await kubectl.says(`auth can-i --list --as=${account}`)).toContain("pods ");
  const token = (await kubectl.says("create token default --duration=20m")).trim();
  expect(token.split(".")).toHaveLength(3);
}

async function patchesEveryWay(kubectl: Kubectl): Promise<void> {
  await kubectl.says("create configmap patched --from-literal=a=1 --from-literal=b=2");
  await kubectl.says('patch configmap patched --type=strategic -p {"data":{"c":"3"}}');
  await kubectl.says('patch configmap patched --type=merge -p {"data":{"a":null}}');
  await kubectl.says(
    'patch configmap patched --type=json -p [{"op":"replace","path":"/data/b","value":"4"}]',
  );
  expect(await kubectl.says("get configmap patched -o jsonpath={.data}")).toBe('{"b":"4","c":"3"}');
  const dry = "create configmap patched --from-literal=d=5 --dry-run=client -o yaml";
  expect(await kubectl.says("replace -f -", await kubectl.says(dry))).toContain("replaced");
  expect(await kubectl.says("get configmap patched -o jsonpath={.data}")).toBe('{"d":"5"}');
  const refused = await kubectl.run("create configmap patched --dry-run=server");
  expect(refused.out).toContain('configmaps "patched" already exists');
  const strict = await kubectl.run(
    "apply -f -",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndaat: {}\n",
  );
  expect(strict.out).toContain('unknown field "daat"');
}

async function rollsOn(kubectl: Kubectl): Promise<void> {
  await kubectl.says("rollout pause deployment/web");
  await kubectl.says("set env deployment/web MODE=paused");
  expect((await kubectl.run("rollout undo deployment/web")).out).toContain("paused");
  await kubectl.says("rollout resume deployment/web");
  expect(await kubectl.says("rollout restart deployment/web")).toContain("restarted");
  await kubectl.says("rollout status deployment/web --timeout=60s");
  const history = await kubectl.says("rollout history deployment/web");
  const [newest = ""] = /\d+(?=\s+\S+\s*$)/.exec(history) ?? [];
  const one = await kubectl.says(`rollout history deployment/web --revision=${newest}`);
  expect(one).toContain("MODE:\tpaused");
  const scaled = await kubectl.says("autoscale deployment web --min=1 --max=3 --cpu-percent=80");
  expect(scaled).toContain("autoscaled");
  expect(await kubectl.says("get hpa web")).toMatch(/Deployment\/web .* 1 +3 /);
  await kubectl.says("delete hpa web");
}

async function talksToPods(kubectl: Kubectl): Promise<void> {
  await kubectl.says("run talks --image=registry.k8s.io/pause --port=80");
  await kubectl.says("wait --for=condition=Ready pod/talks --timeout=60s");
  expect(await kubectl.says("logs talks --timestamps --tail=1")).toMatch(/^\d{4}-.*Z simulated/);
  expect(await kubectl.says("exec talks -- echo hello")).toBe("echo hello\n");
  const target = ["--namespace", kubectl.namespace, "pod/talks"];
  const answer = await throughPort(kubectl.kubeconfig, target, 80, "/", {}, kubectl.path);
  expect(answer).toContain(`${kubectl.namespace}/talks, port 80`);
  const debug = "debug talks --image=registry.k8s.io/pause --container=aid --attach=false";
  await kubectl.says(debug);
  const aid = "get pod talks -o jsonpath={.spec.ephemeralContainers[*].name}";
  expect(await kubectl.says(aid)).toBe("aid");
  expect(await kubectl.says("expose pod talks --port=8080 --target-port=80")).toContain("exposed");
  await kubectl.says("delete pod,service talks --grace-period=1");
}

async function watches(kubectl: Kubectl): Promise<void> {
  const flags = ["--kubeconfig", kubectl.kubeconfig, "--namespace", kubectl.namespace];
  const args = ["get", "configmaps", "--watch", "--output-watch-events"];
  const child = spawn(kubectl.path, [...flags, ...args]);
  let seen = "";
  child.stdout.on("data", (chunk: Buffer) => {
    seen += chunk;
  });
  await waitFor(
    "the first events",
    () => /ADDED +patched/.test(seen),
    () => seen,
  );
  await kubectl.says("label configmap patched seen=yes");
  await kubectl.says("delete configmap patched");
  await waitFor(
    "the last event",
    () => /DELETED +patched/.test(seen),
    () => seen,
  );
  expect(seen).toMatch(/ADDED +patched .*\n(.*\n)*MODIFIED +patched .*\n/);
  child.kill();
}

async function kustomizes(kubectl: Kubectl): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kubun-kustomize-"));
  const map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {a: b}\n";
  writeFileSync(join(folder, "map.yaml"), map);
  const kustomization =
    "resources: [map.yaml]\nnamePrefix: over-\nlabels: [{pairs: {layer: top}}]\n";
  writeFileSync(join(folder, "kustomization.yaml"), kustomization);
  expect(await kubectl.says(`kustomize ${folder}`)).toContain("name: over-base");
  expect(await kubectl.says(`apply -k ${folder}`)).toContain("over-base created");
  expect(await kubectl.says("get configmap -l layer=top -o name")).toBe("configmap/over-base\n");
  expect(await kubectl.says(`delete -k ${folder}`)).toContain("deleted");
  rmSync(folder, { recursive: true });
}

/** The sets of replicas stay, or go before their owner, or after it. */
async function deletesByCascade(kubectl: Kubectl): Promise<void> {
  for (const cascade of ["orphan", "foreground", "background"]) {
    const sets = `get replicasets -l app=${cascade} -o name`;
    await kubectl.says(`create deployment ${cascade} --image=registry.k8s.io/pause`);
    await kubectl
      .says(`wait --for=create replicasets -l app=${cascade} --timeout=60s`)
      .catch(() => "");
    await kubectl.says(`rollout status deployment/${cascade} --timeout=60s`);
    await kubectl.says(`delete deployment ${cascade} --cascade=${cascade}`);
    if (cascade === "orphan") {
      expect(await kubectl.says(sets)).toContain("replicaset.apps/orphan-");
      await kubectl.says("delete replicasets -l app=orphan");
    } else await kubectl.says(`wait --for=delete replicasets -l app=${cascade} --timeout=60s`);
    expect(await kubectl.says(sets)).toBe("");
  }
}

/** Behind those that leave `web` running. */
export const moreSteps: ReadonlyMap<string, (kubectl: Kubectl) => Promise<void>> = new Map([
  ["prints every form", printsEveryForm],
  ["describes the server", describesTheServer],
  ["says who one is and what one may", proves],
  ["patches every way, replaces, tries", patchesEveryWay],
  ["watches", watches],
  ["pauses, resumes, restarts, autoscales", rollsOn],
  ["reads logs, runs commands, forwards ports, debugs", talksToPods],
  ["applies a kustomization", kustomizes],
  ["deletes by cascade", deletesByCascade],
]);
