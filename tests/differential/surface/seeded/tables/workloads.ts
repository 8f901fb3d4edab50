/** Rich objects of apps, batch, autoscaling and policy. */
import type { Choices } from "../../../random.ts";
import {
  conditionStatus,
  counts,
  type Filled,
  inNamespace,
  labels,
  maybe,
  type RichMaker,
  selectorOf,
  someOf,
  someTime,
  template,
  upTo,
} from "./filled.ts";

const apps = (kind: string, plural: string, name: string, spec: Filled, status: Filled) => ({
  path: inNamespace("/apis/apps/v1", plural),
  object: { apiVersion: "apps/v1", kind, metadata: { name }, spec },
  status,
});

export const richDeployment: RichMaker = (choices, name) => {
  const own = labels(choices);
  const selector = selectorOf(choices, own);
  const spec = { replicas: choices.of(counts), selector, template: template(choices, own) };
  const ready = choices.of(counts);
  const updatedReplicas = choices.of(counts);
  const status = { replicas: 10, readyReplicas: ready, availableReplicas: ready, updatedReplicas };
  return apps("Deployment", "deployments", name, spec, status);
};

export const richReplicaSet: RichMaker = (choices, name) => {
  const own = labels(choices);
  const selector = selectorOf(choices, own);
  const spec = { replicas: choices.of(counts), selector, template: template(choices, own) };
  const status = { replicas: 10, readyReplicas: choices.of(counts) };
  return apps("ReplicaSet", "replicasets", name, spec, status);
};

export const richStatefulSet: RichMaker = (choices, name) => {
  const own = labels(choices);
  const selector = selectorOf(choices, own);
  const spec = { replicas: choices.of(counts), selector, template: template(choices, own) };
  const status = { replicas: 10, readyReplicas: choices.of(counts) };
  return apps("StatefulSet", "statefulsets", name, { ...spec, serviceName: "s" }, status);
};

export const richDaemonSet: RichMaker = (choices, name) => {
  const own = labels(choices);
  const nodeSelector = maybe(choices, { z: "1", "kubernetes.io/os": "linux" });
  const spec = {
    selector: selectorOf(choices, own),
    template: template(choices, own, { nodeSelector }),
  };
  return apps("DaemonSet", "daemonsets", name, spec, {
    desiredNumberScheduled: choices.of(counts),
    currentNumberScheduled: choices.of(counts),
    numberReady: choices.of(counts),
    updatedNumberScheduled: choices.of(counts),
    numberAvailable: choices.of(counts),
    numberMisscheduled: 0,
  });
};

export const richRevision: RichMaker = (choices, name) => {
  const owner = choices.of([
    { apiVersion: "apps/v1", kind: "StatefulSet" },
    { apiVersion: "v1", kind: "Pod" },
  ]);
  const reference = { ...owner, name: "owner", uid: "u", controller: choices.fraction() < 0.7 };
  const metadata = { name, ownerReferences: maybe(choices, [reference]) };
  return {
    path: inNamespace("/apis/apps/v1", "controllerrevisions"),
    object: {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata,
      data: {},
      revision: choices.of(counts),
    },
  };
};

const batch = "/apis/batch/v1";

function jobSpec(choices: Choices): Filled {
  const completions = choices.of([undefined, undefined, 1, 5]);
  return {
    completions,
    parallelism: choices.of([undefined, 0, 1, 2, 4]),
    suspend: maybe(choices, choices.fraction() < 0.5),
    template: {
      spec: { ...template(choices, {})["spec"], restartPolicy: "Never" },
    },
  };
}

/** What a job's status may be: each is one that upstream's validation lets pass. */
export const richJob: RichMaker = (choices, name) => {
  const startTime = "2026-01-02T03:04:05Z";
  const done = (type: string): Filled[] => [
    { type: type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget", status: "True" },
    { type, status: "True" },
  ];
  const state = choices.of<Filled>([
    {},
    { startTime },
    {
      startTime,
      completionTime: choices.of(["2026-01-02T03:04:45Z", "2026-02-02T06:04:45Z"]),
      conditions: done("Complete"),
    },
    { startTime, conditions: done("Failed") },
    { conditions: [{ type: "Suspended", status: conditionStatus(choices) }] },
    { startTime, conditions: [{ type: "FailureTarget", status: "True" }] },
    { startTime, conditions: [{ type: "SuccessCriteriaMet", status: "True" }] },
  ]);
  return {
    path: inNamespace(batch, "jobs"),
    object: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, finalizers: ["example.com/keep"] },
      spec: jobSpec(choices),
    },
    status: { ...state, succeeded: choices.of([0, 1, 2]), failed: choices.of(counts) },
  };
};

export const richCronJob: RichMaker = (choices, name) => ({
  path: inNamespace(batch, "cronjobs"),
  object: {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name },
    spec: {
      schedule: choices.of(["* * * * *", "@daily", "0 3 1-5 * 1,2"]),
      timeZone: maybe(choices, "Europe/Berlin"),
      suspend: choices.of([undefined, true, false]),
      jobTemplate: { spec: jobSpec(choices) },
    },
  },
  status: {
    active: upTo(choices, 2, (index) => ({ kind: "Job", name: `j${index}` })),
    lastScheduleTime: maybe(choices, someTime(choices), 0.7),
  },
});

const quantity = (choices: Choices): string => choices.of(["1", "500m", "1500m", "2Gi", "0.1"]);

/** A metric's target and what it is now, of the same or of another kind. */
function metric(choices: Choices): [spec: Filled, current: Filled] {
  const target = choices.of<Filled>([
    { type: "AverageValue", averageValue: quantity(choices) },
    { type: "Value", value: quantity(choices) },
  ]);
  const average = { type: "AverageValue", averageValue: quantity(choices) };
  const utilization = { type: "Utilization", averageUtilization: 80 };
  const current = someOf(choices, {
    value: quantity(choices),
    averageValue: quantity(choices),
    averageUtilization: choices.of([0, 12, 140]),
  });
  const named = { metric: { name: "m" } };
  const described = { kind: "Service", name: "s" };
  const used = choices.of([average, utilization]);
  const inContainer = { name: "cpu", container: "c" };
  return choices.of<[Filled, Filled]>([
    [
      { type: "External", external: { ...named, target } },
      { type: "External", external: { ...named, current } },
    ],
    [
      { type: "Pods", pods: { ...named, target: average } },
      { type: "Pods", pods: { ...named, current } },
    ],
    [
      { type: "Object", object: { ...named, describedObject: described, target } },
      { type: "Object", object: { ...named, describedObject: described, current } },
    ],
    [
      { type: "Resource", resource: { name: "memory", target: used } },
      { type: "Resource", resource: { name: "memory", current } },
    ],
    [
      { type: "ContainerResource", containerResource: { ...inContainer, target: used } },
      { type: "ContainerResource", containerResource: { ...inContainer, current } },
    ],
  ]);
}

export const richAutoscaler: RichMaker = (choices, name) => {
  const metrics = upTo(choices, 4, () => metric(choices));
  const known = metrics.slice(0, choices.below(metrics.length + 1));
  return {
    path: inNamespace("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    object: {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
        minReplicas: choices.of([undefined, 1, 2]),
        maxReplicas: 5,
        metrics: metrics.length === 0 ? undefined : metrics.map(([one]) => one),
      },
    },
    status: {
      currentReplicas: choices.of(counts),
      desiredReplicas: 1,
      currentMetrics: known.map(([, one]) => one),
      conditions: [],
    },
  };
};

export const richBudget: RichMaker = (choices, name) => ({
  path: inNamespace("/apis/policy/v1", "poddisruptionbudgets"),
  object: {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: {
      selector: selectorOf(choices, labels(choices)),
      ...choices.of<Filled>([
        {},
        { minAvailable: 2 },
        { minAvailable: "50%" },
        { maxUnavailable: "0%" },
      ]),
    },
  },
  status: {
    disruptionsAllowed: choices.of(counts),
    ...{ currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  },
});
