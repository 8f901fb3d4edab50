/** Limit ranges, quotas, and pods that they bound. */
import type { Choices } from "../random.ts";
import type { Json } from "../words.ts";

type Amounts = { [name: string]: string };

const cpus = ["100m", "250m", "500m", "1", "2", "4"];
const memories = ["64Mi", "128Mi", "512Mi", "1Gi", "2Gi"];

function amounts(choices: Choices, share = 0.6): Amounts {
  return {
    ...(choices.fraction() < share ? { cpu: choices.of(cpus) } : {}),
    ...(choices.fraction() < share ? { memory: choices.of(memories) } : {}),
    ...(choices.fraction() < share / 5 ? { "ephemeral-storage": choices.of(memories) } : {}),
    ...(choices.fraction() < 0.05 ? { "example.com/gpu": "1" } : {}),
  };
}

/** Of one type; its bounds may contradict each other, which is refused. */
export function limitItem(choices: Choices): Json {
  const type = choices.of(["Container", "Pod", "Container", "PersistentVolumeClaim"]);
  if (type === "PersistentVolumeClaim")
    return { type, min: { storage: "1Gi" }, max: { storage: choices.of(["5Gi", "1Gi"]) } };
  const some = (name: string, share: number): { [key: string]: Json } =>
    choices.fraction() < share ? { [name]: amounts(choices, 0.5) } : {};
  return {
    type,
    ...some("max", 0.5),
    ...some("min", 0.4),
    ...(type === "Container" ? { ...some("default", 0.4), ...some("defaultRequest", 0.4) } : {}),
    ...(choices.fraction() < 0.3
      ? { maxLimitRequestRatio: { cpu: choices.of(["1", "2", "4"]) } }
      : {}),
  };
}

function resources(choices: Choices): { [key: string]: Json } {
  const requests = amounts(choices, 0.5);
  const limits = amounts(choices, 0.5);
  const extended = { ...requests, ...limits }["example.com/gpu"];
  const both = extended === undefined ? {} : { "example.com/gpu": extended };
  return {
    ...(choices.fraction() < 0.7 ? { requests: { ...requests, ...both } } : {}),
    ...(choices.fraction() < 0.6 ? { limits: { ...limits, ...both } } : {}),
  };
}

export function limitedPod(choices: Choices): { [key: string]: Json } {
  const container = (name: string, more: { [key: string]: Json } = {}): Json => ({
    ...{ name, image: "x", resources: resources(choices) },
    ...more,
  });
  const initContainers = [
    ...(choices.fraction() < 0.25 ? [container("i")] : []),
    ...(choices.fraction() < 0.25 ? [container("s", { restartPolicy: "Always" })] : []),
  ];
  return {
    metadata: { generateName: "gen-" },
    spec: {
      containers: choices.fraction() < 0.7 ? [container("c")] : [container("c"), container("d")],
      ...(initContainers.length > 0 ? { initContainers } : {}),
      ...(choices.fraction() < 0.2 ? { resources: resources(choices) } : {}),
    },
  };
}

const countable = [
  ...["pods", "requests.cpu", "limits.memory", "cpu", "memory", "limits.cpu", "requests.memory"],
  ...["services", "services.nodeports", "services.loadbalancers", "configmaps", "secrets"],
  ...["persistentvolumeclaims", "requests.storage", "count/pods", "count/configmaps"],
  ...["gold.storageclass.storage.k8s.io/requests.storage", "requests.example.com/gpu"],
  ...["silver.storageclass.storage.k8s.io/persistentvolumeclaims", "count/services"],
  ...["requests.ephemeral-storage", "limits.ephemeral-storage", "ephemeral-storage"],
  "fast.volumeattributesclass.storage.k8s.io/requests.storage",
  "count/deployments.apps",
];

const podCountable = ["pods", "requests.cpu", "limits.memory", "cpu", "memory", "limits.cpu"];
const scopes = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort"];

function amountOf(choices: Choices, name: string): string {
  if (/memory|storage/.test(name) && !name.endsWith("claims"))
    return choices.of(["1Gi", "4Gi", "200Mi", "0"]);
  if (/cpu/.test(name)) return choices.of(["1", "3", "500m", "0"]);
  return choices.of(["0", "1", "2", "5"]);
}

export interface QuotaSpec {
  readonly hard: Amounts;
  readonly scopes?: readonly string[];
  readonly scopeSelector?: Json;
}

export function quotaSpec(choices: Choices): QuotaSpec {
  const dice = choices.fraction();
  const names = dice < 0.5 ? countable : podCountable;
  const chosen = choices.some(names, dice < 0.5 ? 0.2 : 0.5);
  const hard = Object.fromEntries(
    (chosen.length > 0 ? chosen : ["pods"]).map((name) => [name, amountOf(choices, name)]),
  );
  if (dice < 0.5) return { hard };
  if (dice < 0.75) return { hard, scopes: choices.some(scopes, 0.35) };
  const operator = choices.of(["In", "NotIn", "Exists", "DoesNotExist"]);
  const values = operator.endsWith("In") ? { values: ["high"] } : {};
  const expression = { scopeName: "PriorityClass", operator, ...values };
  return { hard, scopeSelector: { matchExpressions: [expression] } };
}

export function scopedPod(choices: Choices): { [key: string]: Json } {
  const { spec } = limitedPod(choices) as { spec: { [key: string]: Json } };
  return {
    spec: {
      ...spec,
      ...(choices.fraction() < 0.2 ? { activeDeadlineSeconds: 60 } : {}),
      ...(choices.fraction() < 0.2 ? { priorityClassName: "system-cluster-critical" } : {}),
    },
  };
}
