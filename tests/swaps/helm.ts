/** Helm 4 on our API server: a chart is installed, upgraded, rolled back and uninstalled. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployments } from "#gen/api/apps/v1.ts";
import { jobs } from "#gen/api/batch/v1.ts";
import { configmaps, services } from "#gen/api/core/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { run } from "#tests/support/peers.ts";
import type { Check, Swap } from "./swap.ts";
import { notBuilt, openOurWorld, type World } from "./world.ts";

const chart: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "values.yaml": "replicas: 2\ncolour: blue\nprepareExit: 0\n",
  "templates/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-colour}
data: {colour: {{ .Values.colour }}}
`,
  "templates/prepare.yaml": `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec:
  backoffLimit: 0
  template:
    metadata:
      annotations:
        simulated.kubun.io/run-seconds: "0.2"
        simulated.kubun.io/exit-code: "{{ .Values.prepareExit }}"
    spec:
      restartPolicy: Never
      containers: [{name: c, image: "example.test/prepare:1"}]
`,
  "templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: "example.test/shop:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-web}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
`,
};

const namespace = "default";
const wait = ["--wait", "--timeout", "120s"] as const;

function folderOfChart(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "kubun-chart-")), "shop");
  for (const [name, text] of Object.entries(chart)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export function helmStages({ kubeconfig, client }: World): readonly Check[][] {
  const folder = folderOfChart();
  const helm = async (...args: readonly string[]): Promise<string> => {
    const { code, out } = await run("helm", [...args, "--kubeconfig", kubeconfig]);
    if (code !== 0) throw new Error(`helm ${args.join(" ")}: ${out}`);
    return out;
  };
  const stands = async (colour: string, replicas: number): Promise<string> => {
    const { data } = await client.get(configmaps, namespace, "s-colour");
    const { status } = await client.get(deployments, namespace, "s-web");
    assert.deepEqual([data?.["colour"], status?.readyReplicas], [colour, replicas]);
    return `${colour}, ${replicas} replicas ready`;
  };
  const install = async (): Promise<string> => {
    await helm("install", "s", folder, ...wait);
    return stands("blue", 2);
  };
  const upgrade = async (): Promise<string> => {
    await helm("upgrade", "s", folder, "--set", "colour=red,replicas=3", ...wait);
    return stands("red", 3);
  };
  const rollback = async (): Promise<string> => {
    await helm("rollback", "s", "1", ...wait);
    assert.match(await helm("history", "s"), /Rollback to 1/);
    return stands("blue", 2);
  };
  /** The hook's Job fails, and with it the upgrade: nothing else of it is made. */
  const failedHook = async (): Promise<string> => {
    const { status } = await client.get(jobs, namespace, "s-prepare");
    assert.equal(status?.succeeded, 1);
    const args = ["--set", "colour=green,prepareExit=1", ...wait];
    await assert.rejects(helm("upgrade", "s", folder, ...args), /pre-upgrade hooks failed/);
    assert.match(await helm("status", "s"), /STATUS: failed/);
    return stands("blue", 2);
  };
  /** What the server refuses is taken back. */
  const refused = async (): Promise<string> => {
    const args = ["--set", "colour=red,replicas=-1", "--rollback-on-failure", ...wait];
    await assert.rejects(helm("upgrade", "s", folder, ...args), /greater than or equal to 0/);
    assert.match(await helm("status", "s"), /STATUS: deployed/);
    return stands("blue", 2);
  };
  const uninstall = async (): Promise<string> => {
    await helm("uninstall", "s", ...wait);
    rmSync(join(folder, ".."), { recursive: true });
    const labelSelector = "app.kubernetes.io/managed-by=Helm";
    const refs: readonly ResourceRef[] = [deployments, services, configmaps];
    for (const ref of refs) {
      assert.equal((await client.list(ref, { namespace, labelSelector })).items.length, 0);
    }
    return "nothing of the chart is left";
  };
  const musts: Readonly<Record<string, () => Promise<string>>> = {
    "install a chart, its hook first": install,
    "upgrade a chart": upgrade,
    "rollback a chart": rollback,
    "fail an upgrade by its hook": failedHook,
    "take back an upgrade that is refused": refused,
    "uninstall a chart": uninstall,
  };
  return Object.entries(musts).map(([must, act]) => [{ must, run: act }]);
}

export const helm: Swap = {
  side: "on our API server",
  part: "helm 4",
  missing: async () => notBuilt("helm"),
  async open() {
    const world = await openOurWorld({ nodes: 2 });
    return { stages: helmStages(world), close: world.close };
  },
};
