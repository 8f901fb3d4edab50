/** Built-in admission: what namespaces, limits, quotas and classes allow, and in which words they refuse. */
import type { Choices } from "../random.ts";
import type { Json } from "../words.ts";
import type { Area, Part, Setting } from "./area.ts";
import { limitedPod, limitItem, quotaSpec, scopedPod } from "./limited.ts";
import { securedPod } from "./secured.ts";

const levels = ["privileged", "baseline", "restricted"];
const versions = ["latest", "v1.0", "v1.19", "v1.22", "v1.24", "v1.25", "v1.29", "v1.31", "v1.35"];
const prefix = "pod-security.kubernetes.io";

function securityLabels(choices: Choices): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const mode of ["enforce", "warn"]) {
    if (choices.fraction() < 0.25) continue;
    labels[`${prefix}/${mode}`] = choices.of(levels);
    if (choices.fraction() < 0.5) labels[`${prefix}/${mode}-version`] = choices.of(versions);
  }
  if (choices.fraction() < 0.06) labels[`${prefix}/enforce`] = choices.of(["x", ""]);
  if (choices.fraction() < 0.06) labels[`${prefix}/warn-version`] = choices.of(["x", "v2", "1.2"]);
  return labels;
}

const merge = "application/merge-patch+json";

const inTemplate = (kind: string, apiVersion: string, pod: Json): Json => {
  const { spec, metadata } = pod as { spec: Json; metadata: { [key: string]: Json } };
  const labels = { a: "b" };
  const template = { metadata: { annotations: metadata["annotations"] ?? {}, labels }, spec };
  const name = "w";
  if (kind === "CronJob")
    return {
      ...{ apiVersion, kind, metadata: { name } },
      spec: { schedule: "@daily", jobTemplate: { spec: { template } } },
    };
  if (kind === "PodTemplate") return { apiVersion, kind, metadata: { name }, template };
  const selector = kind === "Job" ? {} : { selector: { matchLabels: labels } };
  return { apiVersion, kind, metadata: { name }, spec: { ...selector, template } };
};

const workloads = [
  ["Deployment", "apps/v1", "deployments"],
  ["DaemonSet", "apps/v1", "daemonsets"],
  ["ReplicaSet", "apps/v1", "replicasets"],
  ["Job", "batch/v1", "jobs"],
  ["CronJob", "batch/v1", "cronjobs"],
  ["PodTemplate", "v1", "podtemplates"],
] as const;

/** A namespace whose labels change, pods and workloads tried in it. */
async function security({ choices, namespace, budget, scenario }: Setting): Promise<void> {
  const one = scenario();
  const whole = `/api/v1/namespaces/${namespace}`;
  for (let asked = 0; asked < budget; asked++) {
    if (asked % 8 === 0) {
      const known = ["enforce", "warn", "enforce-version", "warn-version"];
      const gone = Object.fromEntries(known.map((name) => [`${prefix}/${name}`, null]));
      const labels = { ...gone, ...securityLabels(choices) };
      const body = { metadata: { labels } };
      const title = `labels ${JSON.stringify(labels)}`;
      await one.ask(title, { method: "PATCH", path: whole, contentType: merge, body });
    }
    const pod = securedPod(choices, `kept-${asked}`);
    const dice = choices.fraction();
    const [kind, apiVersion, plural] = choices.of(workloads);
    const body = dice < 0.7 ? pod : inTemplate(kind, apiVersion, pod);
    const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
    const path = dice < 0.7 ? `${whole}/pods` : `${root}/namespaces/${namespace}/${plural}`;
    const isKept = dice < 0.04;
    const query = isKept ? "" : "?dryRun=All";
    await one.ask(`secured ${JSON.stringify(body)}`, { method: "POST", path: path + query, body });
  }
}

async function limits({ choices, namespace, budget, scenario }: Setting): Promise<void> {
  const whole = `/api/v1/namespaces/${namespace}`;
  for (let asked = 0; asked < budget; asked += 9) {
    const one = scenario();
    const spec = { limits: choices.some([1, 2, 3], 0.6).map(() => limitItem(choices)) };
    const path = `${whole}/limitranges`;
    const body = { metadata: { name: "l" }, spec };
    await one.ask(`limits ${JSON.stringify(spec)}`, { method: "POST", path, body });
    for (let turn = 0; turn < 6; turn++) {
      const pod = limitedPod(choices);
      const title = `limited ${JSON.stringify(pod)}`;
      await one.ask(title, { method: "POST", path: `${whole}/pods?dryRun=All`, body: pod });
    }
    const storage = choices.of(["1Gi", "10Gi", "100Mi", "0", "5Gi"]);
    const claim = {
      metadata: { name: "c" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    };
    const claims = `${whole}/persistentvolumeclaims?dryRun=All`;
    await one.ask(`claim of ${storage}`, { method: "POST", path: claims, body: claim });
    await one.ask("no limits", { method: "DELETE", path: `${path}/l` });
  }
}

/** Stored things count: pods, claims, services, config maps and deployments, each while the quota stands. */
async function quotas({ choices, namespace, budget, scenario }: Setting): Promise<void> {
  const whole = `/api/v1/namespaces/${namespace}`;
  for (let asked = 0; asked < budget; asked += 10) {
    const one = scenario();
    const spec = quotaSpec(choices);
    const path = `${whole}/resourcequotas`;
    const body = { metadata: { name: "q" }, spec };
    const { stock } = await one.ask(`quota ${JSON.stringify(spec)}`, {
      method: "POST",
      path,
      body,
    });
    if (stock.code !== 201) continue;
    // What the quota controller would do, which no server runs here.
    const used = Object.fromEntries(Object.keys(spec.hard).map((name) => [name, "0"]));
    const status = { hard: spec.hard, used };
    await one.ask("quota is counted", {
      ...{ method: "PUT", path: `${path}/q/status`, body: { ...body, status } },
    });
    for (let turn = 0; turn < 6; turn++)
      await countOne(one, choices, { whole, name: `counted-${turn}` });
    await one.ask("quota after", { method: "GET", path: `${path}/q` });
    await one.ask("no quota", { method: "DELETE", path: `${path}/q` });
    for (const plural of ["pods", "configmaps", "services", "persistentvolumeclaims"])
      await one.ask(`no ${plural}`, {
        method: "DELETE",
        path: `${whole}/${plural}?labelSelector=quota`,
        body: { gracePeriodSeconds: 0 },
      });
    const clear = { metadata: { finalizers: null } };
    for (let index = 0; index < 6; index++)
      await one.ask("let claims go", {
        ...{ method: "PATCH", path: `${whole}/persistentvolumeclaims/c${index}`, body: clear },
        contentType: merge,
      });
  }
}

async function countOne(
  one: ReturnType<Setting["scenario"]>,
  choices: Choices,
  { whole, name: own }: { readonly whole: string; readonly name: string },
): Promise<void> {
  const kind = choices.of(["pods", "pods", "pods", "configmaps", "services", "claims"] as const);
  const labels = { quota: "q" };
  if (kind === "pods") {
    const pod = scopedPod(choices);
    const body = { ...pod, metadata: { name: own, labels } };
    const path = `${whole}/pods`;
    await one.ask(`counted ${JSON.stringify(pod)}`, { method: "POST", path, body });
  } else if (kind === "claims") {
    const name = `c${choices.below(6)}`;
    const storage = choices.of(["1Gi", "3Gi", "10Gi"]);
    const spec = {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage } },
      storageClassName: choices.of(["gold", "silver"]),
      ...(choices.fraction() < 0.3 ? { volumeAttributesClassName: "fast" } : {}),
    };
    const body = { metadata: { name, labels }, spec };
    const path = `${whole}/persistentvolumeclaims`;
    await one.ask(`counted ${JSON.stringify(spec)}`, { method: "POST", path, body });
  } else {
    const type = choices.of(["ClusterIP", "NodePort", "LoadBalancer"]);
    const spec = { type, ports: [{ port: 80 }] };
    const body = {
      metadata: { name: own, labels },
      ...(kind === "services" ? { spec } : {}),
    };
    const path = `${whole}/${kind}`;
    await one.ask(`counted ${kind} ${type}`, { method: "POST", path, body });
  }
}

const times = (title: string, count: number, run: Part["run"]): Part[] =>
  Array.from({ length: count }, (_, index) => ({ title: `${title} ${index}`, run }));

export const admission: Area = {
  name: "admission",
  weight: 3,
  parts: [
    ...times("pod security", 3, security),
    ...times("limits", 2, limits),
    ...times("quotas", 2, quotas),
  ],
};
