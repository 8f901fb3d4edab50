/** Creates of many kinds. */
import type { Sequence } from "./play.ts";
import {
  configMap,
  container,
  deployment,
  labels,
  namespace,
  one,
  other,
  pod,
  podTemplate,
  service,
  template,
  workload,
} from "./target.ts";

export const creates: readonly Sequence[] = [
  one("config map", configMap(), (t) => [
    t.create("a", { data: { k: "v", b: "2" }, immutable: false }),
  ]),
  one("empty config map", configMap(), (t) => [t.create("a", {})]),
  one("labels, annotations, finalizers", configMap(), (t) => [
    t.create("a", {
      metadata: {
        labels: { "a.b/c": "x", z: "1" },
        annotations: { n: "m" },
        finalizers: ["x.io/b", "x.io/a"],
        ownerReferences: [{ apiVersion: "unknown.io/v1", kind: "Unknown", name: "n", uid: "u-1" }],
      },
    }),
  ]),
  one("user agent", configMap(), (t) => [t.agent("tool/v1.2 (linux)", { data: { a: "b" } })]),
  one("no manager", configMap(), (t) => [t.agent("", { data: { a: "b" } })]),
  one("managed fields sent along", configMap(), (t) => [
    t.create("a", {
      data: { a: "b", c: "d" },
      metadata: {
        managedFields: [
          {
            manager: "early",
            operation: "Apply",
            apiVersion: "v1",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { "f:a": {}, "f:gone": {} } },
          },
        ],
      },
    }),
  ]),
  one("secret", other("v1", "Secret", "secrets"), (t) => [
    t.create("a", { stringData: { a: "b" }, data: { z: "eA==" }, type: "Opaque" }),
  ]),
  one("deployment", deployment(), (t) => [t.create("a", workload)]),
  one("deployment with status", deployment(), (t) => [
    t.create("a", { ...workload, status: { replicas: 3 } }),
  ]),
  one("pod", pod(), (t) => [
    t.create("a", {
      metadata: { labels },
      spec: {
        containers: [
          {
            ...container,
            command: ["a", "b"],
            env: [
              { name: "Z", value: "1" },
              { name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            ],
            ports: [{ containerPort: 443 }, { containerPort: 80, protocol: "UDP" }],
            resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } },
            livenessProbe: { httpGet: { path: "/", port: 80 } },
            volumeMounts: [
              { name: "v", mountPath: "/b" },
              { name: "v", mountPath: "/a" },
            ],
          },
        ],
        volumes: [
          { name: "v", emptyDir: {} },
          { name: "m", configMap: { name: "m" } },
        ],
        tolerations: [{ key: "k", operator: "Exists" }],
        nodeSelector: { a: "b" },
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "z", labelSelector: { matchLabels: labels } },
            ],
          },
        },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: "z", whenUnsatisfiable: "ScheduleAnyway" },
        ],
        imagePullSecrets: [{ name: "s" }],
        hostAliases: [{ ip: "1.2.3.4", hostnames: ["h"] }],
        securityContext: { fsGroup: 1 },
        readinessGates: [{ conditionType: "x" }],
      },
    }),
  ]),
  one("service", service(), (t) => [
    t.create("a", {
      spec: {
        selector: labels,
        ports: [{ port: 80 }, { port: 81, name: "b", protocol: "UDP" }].map((p, i) => ({
          name: `p${i}`,
          ...p,
        })),
      },
    }),
  ]),
  one("ingress", other("networking.k8s.io/v1", "Ingress", "ingresses"), (t) => [
    t.create("a", {
      spec: {
        rules: [
          {
            host: "h",
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "s", port: { number: 1 } } },
                },
              ],
            },
          },
        ],
      },
    }),
  ]),
  one("network policy", other("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"), (t) => [
    t.create("a", { spec: { podSelector: {}, ingress: [{}] } }),
  ]),
  one("role", other("rbac.authorization.k8s.io/v1", "Role", "roles"), (t) => [
    t.create("a", { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] }),
    t.update("b", {}),
  ]),
  one("role binding", other("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"), (t) => [
    t.create("a", {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "x" },
      subjects: [{ kind: "User", name: "u", apiGroup: "rbac.authorization.k8s.io" }],
    }),
  ]),
  one("service account", other("v1", "ServiceAccount", "serviceaccounts"), (t) => [
    t.create("a", { secrets: [{ name: "x" }], imagePullSecrets: [{ name: "b" }, { name: "a" }] }),
  ]),
  one("storage class", other("storage.k8s.io/v1", "StorageClass", "storageclasses", false), (t) => [
    t.create("a", { provisioner: "p", parameters: { a: "b" }, mountOptions: ["x"] }),
    t.patch("b", "merge", { metadata: { labels: { gone: "x" } } }),
  ]),
  one("limit range", other("v1", "LimitRange", "limitranges"), (t) => [
    t.create("a", { spec: { limits: [{ type: "Container", default: { cpu: "1" } }] } }),
  ]),
  one("lease", other("coordination.k8s.io/v1", "Lease", "leases"), (t) => [
    t.create("a", { spec: { holderIdentity: "x", leaseDurationSeconds: 5 } }),
    t.patch("b", "merge", { spec: { renewTime: "2026-01-01T00:00:00.000000Z" } }),
  ]),
  one("pod template", template(), (t) => [t.create("a", { template: podTemplate })]),
  one("event", other("v1", "Event", "events"), (t) => [
    t.create("a", {
      involvedObject: { kind: "Pod", name: "x", namespace },
      reason: "R",
      message: "m",
      type: "Normal",
      firstTimestamp: "2026-01-01T00:00:00Z",
    }),
    t.patch("b", "merge", { count: 2 }),
  ]),
];
