/** Helm 4 on our API server: a chart is installed, upgraded, rolled back and uninstalled. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningCluster, removeDataDir, startCluster } from "#tests/support/cluster.ts";
import { peer } from "#tests/support/peers.ts";
import { skipped } from "./skip.ts";
import { type Kubectl, kubectlOf } from "./workloads.ts";

const chart: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "values.yaml": "replicas: 2\ncolour: blue\n",
  "templates/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-colour}
data: {colour: {{ .Values.colour }}}
`,
  "templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: c, image: "example.test/shop:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-web}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
`,
};

const reason = skipped(["helm"]);
describe.skipIf(reason !== "")(`helm${reason}`, () => {
  let cluster: RunningCluster;
  let kubectl: Kubectl;
  let folder = "";
  beforeAll(async () => {
    cluster = await startCluster(["--runtime", "simulated", "--nodes", "2"]);
    kubectl = kubectlOf(cluster.kubeconfig, () => cluster.said());
    folder = join(cluster.dataDir, "shop");
    for (const [name, text] of Object.entries(chart)) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  }, 120_000);
  afterAll(async () => {
    await cluster?.stop();
    if (cluster !== undefined) removeDataDir(cluster.dataDir);
  }, 60_000);

  const helm = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      peer("helm"),
      [...args, "--kubeconfig", cluster.kubeconfig],
      { encoding: "utf8", env: { HOME: cluster.dataDir, PATH: "/usr/bin:/bin" } },
    );
    if (status !== 0) throw new Error(`helm ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const colour = (): string =>
    kubectl.ask("get", "configmap", "s-colour", "-o", "jsonpath={.data.colour}");
  const ready = (): string =>
    kubectl.ask("get", "deploy", "s-web", "-o", "jsonpath={.status.readyReplicas}");

  test("install waits for the workloads", () => {
    helm("install", "s", folder, "--wait", "--timeout", "60s");
    expect([colour(), ready()]).toEqual(["blue", "2"]);
  }, 90_000);

  test("upgrade changes what the values say", () => {
    helm("upgrade", "s", folder, "--set", "colour=red,replicas=3", "--wait", "--timeout", "60s");
    expect([colour(), ready()]).toEqual(["red", "3"]);
  }, 90_000);

  test("rollback brings the first revision back", () => {
    helm("rollback", "s", "1", "--wait", "--timeout", "60s");
    expect([colour(), ready()]).toEqual(["blue", "2"]);
    expect(helm("history", "s")).toContain("Rollback to 1");
  }, 90_000);

  test("uninstall leaves nothing", () => {
    helm("uninstall", "s", "--wait", "--timeout", "60s");
    expect(
      kubectl.ask(
        "get",
        "deploy,service,configmap",
        "-l",
        "app.kubernetes.io/managed-by=Helm",
        "-o",
        "name",
      ),
    ).toBe("");
    expect(kubectl.ask("get", "deploy", "-o", "name")).toBe("");
  }, 90_000);
});
