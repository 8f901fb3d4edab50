/** Kinds whose managers are followed: what is sent of them, whole and in parts. */
import type { Choices } from "../random.ts";

type Fields = Record<string, unknown>;

/** As much of an object as a request says. */
interface Sent {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Fields;
  readonly spec?: Fields;
  readonly data?: Fields;
}

export interface Managed {
  readonly kind: string;
  readonly versions: readonly string[];
  readonly scaled: boolean;
  path(version: string, namespace: string): string;
  /** Enough to be created. */
  whole(version: string, choices: Choices): Sent;
  /** Some of it. */
  part(version: string, choices: Choices): Sent;
  status?(choices: Choices): Fields;
}

type Fragment = (choices: Choices) => Fields;

function some(choices: Choices, fragments: Readonly<Record<string, Fragment>>): Fields {
  return Object.fromEntries(
    Object.entries(fragments)
      .filter(() => choices.fraction() < 0.35)
      .flatMap(([, fragment]) => Object.entries(fragment(choices))),
  );
}

function metadataOf(choices: Choices): Fields {
  return some(choices, {
    labels: () => ({
      labels: choices.of<unknown>([{ a: "b" }, { a: "c", d: "e" }, {}, { d: null }]),
    }),
    annotations: () => ({ annotations: choices.of([{ x: "y" }, { x: "z" }, { w: "" }]) }),
    finalizers: () => (choices.fraction() < 0.2 ? { finalizers: [] } : {}),
  });
}

function container(choices: Choices, name = choices.of(["c", "c", "d"])): Fields {
  return {
    name,
    image: choices.of(["i", "j"]),
    ...some(choices, {
      env: () => ({
        env: choices.of<unknown>([
          [{ name: "A", value: "1" }],
          [{ name: "A", value: "2" }, { name: "B" }],
          [],
        ]),
      }),
      ports: () => ({
        ports: choices.of([
          [{ containerPort: 80 }],
          [
            { containerPort: 80, protocol: "UDP" },
            { containerPort: 80, name: "x" },
          ],
        ]),
      }),
      args: () => ({ args: choices.of([["a"], ["b", "c"]]) }),
      resources: () => ({ resources: { requests: { cpu: choices.of(["1", "1000m", "2"]) } } }),
      probe: () => ({ livenessProbe: { tcpSocket: { port: choices.of<unknown>([80, "x"]) } } }),
    }),
  };
}

function podSpec(choices: Choices): Fields {
  return {
    containers:
      choices.fraction() < 0.75
        ? [container(choices, "c")]
        : [container(choices, "c"), container(choices, "d")],
    ...some(choices, {
      tolerations: () => ({ tolerations: [{ key: choices.of(["a", "b"]), operator: "Exists" }] }),
      volumes: () => ({ volumes: [{ name: choices.of(["v", "w"]), emptyDir: {} }] }),
      nodeSelector: () => ({ nodeSelector: { [choices.of(["a", "b"])]: "x" } }),
      securityContext: () => ({ securityContext: choices.of<Fields>([{}, { runAsUser: 1 }]) }),
      hostAliases: () => ({
        hostAliases: [{ ip: "1.2.3.4", hostnames: [choices.of(["a", "b"])] }],
      }),
    }),
  };
}

const template = (choices: Choices): Fields => ({
  metadata: {
    labels: { a: "b", ...(choices.fraction() < 0.3 ? { x: choices.of(["1", "2"]) } : {}) },
  },
  spec: podSpec(choices),
});

const condition = (choices: Choices): Fields => ({
  type: choices.of(["Available", "Progressing", "Other"]),
  status: choices.of(["True", "False"]),
  ...(choices.fraction() < 0.5 ? { reason: "R" } : {}),
});

const deployment: Managed = {
  kind: "Deployment",
  versions: ["apps/v1"],
  scaled: true,
  path: (_, namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
  whole: (_, choices) => ({
    ...deployment.part("apps/v1", choices),
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: template(choices),
      ...deployment.part("apps/v1", choices).spec,
    },
  }),
  part: (_, choices) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadataOf(choices),
    spec: some(choices, {
      replicas: () => ({ replicas: choices.of<unknown>([0, 1, 2, null]) }),
      template: () => ({ template: template(choices) }),
      selector: () => ({ selector: { matchLabels: { a: "b" } } }),
      strategy: () => ({
        strategy: choices.of<unknown>([
          { type: "Recreate", rollingUpdate: null },
          { type: "RollingUpdate" },
          { rollingUpdate: { maxSurge: 2 } },
          null,
        ]),
      }),
      paused: () => ({ paused: choices.of([true, false, null]) }),
    }),
  }),
  status: (choices) => ({
    ...some(choices, {
      replicas: () => ({ replicas: choices.below(3) }),
      observed: () => ({ observedGeneration: choices.below(3) }),
    }),
    conditions: choices.of([[condition(choices)], []]),
  }),
};

const configMap: Managed = {
  kind: "ConfigMap",
  versions: ["v1"],
  scaled: false,
  path: (_, namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
  whole: (_, choices) => configMap.part("v1", choices),
  part: (_, choices) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadataOf(choices),
    ...some(choices, {
      data: () => ({
        data: choices.of<unknown>([{ x: "1" }, { x: "2", y: "3" }, {}, { y: null }, null]),
      }),
      binaryData: () => ({ binaryData: choices.of([{ b: "YQ==" }, { c: "YQ==" }]) }),
      immutable: () => (choices.fraction() < 0.1 ? { immutable: false } : {}),
    }),
  }),
};

const autoscaler: Managed = {
  kind: "HorizontalPodAutoscaler",
  versions: ["autoscaling/v1", "autoscaling/v2"],
  scaled: false,
  path: (version, namespace) =>
    `/apis/${version || "autoscaling/v2"}/namespaces/${namespace}/horizontalpodautoscalers`,
  whole: (version, choices) => {
    const { spec, ...rest } = autoscaler.part(version, choices);
    const scaleTargetRef = { kind: "Deployment", name: "d", apiVersion: "apps/v1" };
    return { ...rest, spec: { scaleTargetRef, maxReplicas: 5, ...spec } };
  },
  part: (version, choices) => ({
    ...(version === "" ? {} : { apiVersion: version }),
    kind: "HorizontalPodAutoscaler",
    metadata: metadataOf(choices),
    spec: some(choices, {
      minReplicas: () => ({ minReplicas: choices.of<unknown>([1, 2, null]) }),
      maxReplicas: () => ({ maxReplicas: choices.of([5, 6]) }),
      metrics: () =>
        version === "autoscaling/v1"
          ? { targetCPUUtilizationPercentage: choices.of<unknown>([50, 60, null]) }
          : {
              metrics: [
                {
                  type: "Resource",
                  resource: {
                    name: choices.of(["cpu", "memory"]),
                    target: { type: "Utilization", averageUtilization: choices.of([50, 60]) },
                  },
                },
              ],
            },
      behavior: () =>
        version === "autoscaling/v1"
          ? {}
          : { behavior: { scaleDown: { stabilizationWindowSeconds: choices.of([1, 2]) } } },
    }),
  }),
  status: (choices) => ({ currentReplicas: choices.below(3), desiredReplicas: choices.below(3) }),
};

const pod: Managed = {
  kind: "Pod",
  versions: ["v1"],
  scaled: false,
  path: (_, namespace) => `/api/v1/namespaces/${namespace}/pods`,
  whole: (_, choices) => ({ ...pod.part("v1", choices), spec: podSpec(choices) }),
  part: (_, choices) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadataOf(choices),
    spec: some(choices, {
      image: () => ({ containers: [{ name: "c", image: choices.of(["i", "j", "k"]) }] }),
      deadline: () => ({ activeDeadlineSeconds: choices.of([9, 8]) }),
      tolerations: () => ({ tolerations: [{ key: choices.of(["a", "b"]), operator: "Exists" }] }),
    }),
  }),
  status: (choices) => ({
    phase: choices.of(["Pending", "Running"]),
    conditions: choices.of([
      [condition(choices)],
      [condition(choices), { type: "Ready", status: "True" }],
      [],
    ]),
    ...(choices.fraction() < 0.4 ? { podIP: "10.1.2.3", podIPs: [{ ip: "10.1.2.3" }] } : {}),
  }),
};

const controller: Managed = {
  kind: "ReplicationController",
  versions: ["v1"],
  scaled: true,
  path: (_, namespace) => `/api/v1/namespaces/${namespace}/replicationcontrollers`,
  whole: (_, choices) => ({
    ...controller.part("v1", choices),
    spec: { selector: { a: "b" }, template: template(choices), replicas: choices.below(3) },
  }),
  part: (_, choices) => ({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: metadataOf(choices),
    spec: some(choices, {
      replicas: () => ({ replicas: choices.of<unknown>([0, 1, 2, null]) }),
      template: () => ({ template: template(choices) }),
      selector: () => ({ selector: { a: "b" } }),
    }),
  }),
  status: (choices) => ({ replicas: choices.below(3), conditions: [condition(choices)] }),
};

const ingress: Managed = {
  kind: "Ingress",
  versions: ["networking.k8s.io/v1"],
  scaled: false,
  path: (_, namespace) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`,
  whole: (version, choices) => {
    const { spec, ...rest } = ingress.part(version, choices);
    const defaultBackend = { service: { name: "s", port: { number: 80 } } };
    return { ...rest, spec: { defaultBackend, ...spec } };
  },
  part: (_, choices) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: metadataOf(choices),
    spec: some(choices, {
      class: () => ({ ingressClassName: choices.of(["x", "y"]) }),
      tls: () => ({ tls: [{ hosts: [choices.of(["a.b", "c.d"])] }] }),
      rules: () => ({ rules: [{ host: choices.of(["a.b", "c.d"]) }] }),
    }),
  }),
  status: (choices) => ({
    loadBalancer: { ingress: [{ ip: choices.of(["1.2.3.4", "1.2.3.5"]) }] },
  }),
};

export const managed: readonly Managed[] = [
  ...[deployment, configMap, autoscaler, pod, controller, ingress],
];
