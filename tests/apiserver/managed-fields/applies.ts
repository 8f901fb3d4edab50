/** Applies: conflicts, sharing, removal, lists, sets, maps and atomics. */
import type { Sequence } from "./play.ts";
import {
  configMap,
  container,
  containers,
  deployment,
  labels,
  namespace,
  one,
  other,
  pod,
  podSpec,
  ports,
  service,
  template,
  workload,
} from "./target.ts";

export const applies: readonly Sequence[] = [
  one("apply creates", configMap(), (t) => [t.apply("a", { data: { x: "1" } })]),
  one("apply twice", configMap(), (t) => [
    t.apply("a", { data: { x: "1" } }),
    t.apply("a", { data: { x: "1" } }),
  ]),
  one("apply creates a deployment", deployment(), (t) => [
    t.apply("a", workload),
    t.apply("a", workload),
  ]),
  one("removal by omission", configMap(), (t) => [
    t.apply("a", { data: { x: "1", y: "2" } }),
    t.apply("a", { data: { x: "1" } }),
    t.apply("a", {}),
  ]),
  one("shared fields stay", configMap(), (t) => [
    t.apply("a", { data: { x: "1", y: "2" } }),
    t.apply("b", { data: { y: "2" } }),
    t.apply("a", { data: { x: "1" } }),
    t.apply("b", {}),
  ]),
  one("conflict with an updater", deployment(), (t) => [
    t.create("kubectl", workload),
    t.apply("b", { spec: { replicas: 3 } }),
    t.force("b", { spec: { replicas: 3 } }),
  ]),
  one("conflict with an applier", configMap(), (t) => [
    t.apply("a", { data: { x: "1" } }),
    t.apply("b", { data: { x: "2" } }),
    t.force("b", { data: { x: "2" } }),
    t.apply("a", { data: { x: "1" } }),
  ]),
  one("conflicts with two", configMap(), (t) => [
    t.apply("a", { data: { x: "1" } }),
    t.patch("u", "merge", { data: { y: "1", z: "1" } }),
    t.apply("b", { data: { x: "2", y: "2", z: "2" } }),
  ]),
  one("apply over an updater's equal value", configMap(), (t) => [
    t.create("u", { data: { x: "1" } }),
    t.apply("a", { data: { x: "1" } }),
    t.apply("a", {}),
  ]),
  one("an update takes from an applier", configMap(), (t) => [
    t.apply("a", { data: { x: "1", y: "1" } }),
    t.patch("u", "merge", { data: { x: "2" } }),
    t.apply("a", { data: { x: "1", y: "1" } }),
    t.apply("a", { data: { y: "1" } }),
  ]),
  one("an update removes what an applier has", configMap(), (t) => [
    t.apply("a", { data: { x: "1", y: "1" } }),
    t.patch("u", "merge", { data: { x: null } }),
    t.apply("a", { data: { x: "1", y: "1" } }),
  ]),
  one("list map: items of two appliers", template(), (t) => [
    t.apply("a", containers({ name: "a", image: "1" })),
    t.apply("b", { template: { spec: { containers: [{ name: "b", image: "2" }] } } }),
    t.apply("a", containers({ name: "a", image: "1", env: [{ name: "X", value: "1" }] })),
    t.apply("b", {}),
  ]),
  one("list map: order", template(), (t) => [
    t.apply(
      "a",
      containers({ name: "a", image: "1" }, { name: "b", image: "1" }, { name: "c", image: "1" }),
    ),
    t.apply(
      "a",
      containers({ name: "c", image: "1" }, { name: "d", image: "1" }, { name: "a", image: "1" }),
    ),
    t.apply("b", {
      template: {
        spec: {
          containers: [
            { name: "x", image: "1" },
            { name: "a", image: "1" },
          ],
        },
      },
    }),
  ]),
  one("list map: an item without what another set in it", template(), (t) => [
    t.apply("a", containers({ name: "a", image: "1" })),
    t.apply("b", { template: { spec: { containers: [{ name: "a", workingDir: "/w" }] } } }),
    t.apply("a", containers({ name: "z", image: "1" })),
  ]),
  one("defaulted list key", service(), (t) => [
    t.apply("a", ports({ port: 80, name: "a" })),
    t.apply(
      "a",
      ports({ port: 80, name: "a", targetPort: 8080 }, { port: 80, protocol: "UDP", name: "u" }),
    ),
    t.apply("a", ports({ port: 80, protocol: "UDP", name: "u" })),
  ]),
  one("ports of two appliers", service(), (t) => [
    t.apply("a", ports({ port: 80, name: "a" })),
    t.apply("b", ports({ port: 81, name: "b" })),
    t.apply("a", ports({ port: 82, name: "c" })),
  ]),
  one("atomic list", other("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"), (t) => [
    t.apply("a", { spec: { podSelector: {}, policyTypes: ["Ingress"] } }),
    t.apply("b", { spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } }),
    t.force("b", { spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } }),
  ]),
  one("atomic struct", deployment(), (t) => [
    t.apply("a", workload),
    t.apply("b", { spec: { selector: { matchLabels: { z: "1" } } } }),
    t.apply("b", { spec: { selector: { matchLabels: labels } } }),
  ]),
  one("atomic map", service(), (t) => [
    t.apply("a", { spec: { selector: { a: "1" }, ports: [{ port: 1 }] } }),
    t.apply("b", { spec: { selector: { b: "1" } } }),
    t.force("b", { spec: { selector: { b: "1" } } }),
    t.apply("a", { spec: { ports: [{ port: 1 }] } }),
  ]),
  one("set: finalizers", configMap(), (t) => [
    t.apply("a", { metadata: { finalizers: ["x.io/a"] } }),
    t.apply("b", { metadata: { finalizers: ["x.io/b"] } }),
    t.apply("a", { metadata: { finalizers: ["x.io/c", "x.io/b"] } }),
    t.apply("b", {}),
    t.apply("a", {}),
  ]),
  one(
    "set: access modes are atomic",
    other("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    (t) => [
      t.apply("a", {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      }),
    ],
  ),
  one("granular map: labels and annotations", configMap(), (t) => [
    t.apply("a", { metadata: { labels: { a: "1" }, annotations: { n: "1" } } }),
    t.apply("b", { metadata: { labels: { b: "1" } } }),
    t.apply("a", { metadata: { annotations: { n: "2" } } }),
    t.apply("b", { metadata: { labels: { b: "1", a: "2" } } }),
  ]),
  one("quantities", template(), (t) => [
    t.apply(
      "a",
      containers({ ...container, resources: { limits: { cpu: "1000m", memory: "1Gi" } } }),
    ),
    t.apply(
      "a",
      containers({ ...container, resources: { limits: { cpu: "1000m", memory: "1Gi" } } }),
    ),
    t.apply("b", {
      template: { spec: { containers: [{ name: "c", resources: { limits: { cpu: "1" } } }] } },
    }),
  ]),
  one("null and empty", configMap(), (t) => [
    t.apply("a", { data: { x: "1" }, metadata: { labels: null, annotations: {} } }),
    t.apply("a", { data: null }),
    t.apply("a", { data: {} }),
  ]),
  one("identity is nobody's", configMap(), (t) => [
    t.apply("a", {
      metadata: { namespace, generateName: "g", labels: { a: "b" } },
      data: { x: "1" },
    }),
  ]),
  one("status by apply", pod(), (t) => [
    t.create("a", { spec: podSpec }),
    t.apply(
      "s",
      {
        status: { conditions: [{ type: "Ready", status: "True" }] },
        metadata: { labels: { no: "x" } },
      },
      "status",
    ),
    t.apply("s", { status: { conditions: [{ type: "Other", status: "True" }] } }, "status"),
    t.apply("m", { metadata: { labels: { yes: "x" } }, status: { phase: "Failed" } }),
  ]),
  one("upgrade of untracked fields", configMap(), (t) => [
    t.create("a", { data: { x: "1", y: "2" } }),
    t.patch("b", "merge", { metadata: { managedFields: [{}] } }),
    t.apply("s", { data: { x: "2" } }),
    t.force("s", { data: { x: "2" } }),
    t.apply("s", { data: {} }),
  ]),
  one("owner references", configMap(), (t) => [
    t.apply("a", {
      metadata: {
        ownerReferences: [{ apiVersion: "unknown.io/v1", kind: "Unknown", name: "n", uid: "u-1" }],
      },
    }),
    t.apply("b", {
      metadata: {
        ownerReferences: [{ apiVersion: "unknown.io/v1", kind: "Unknown", name: "n", uid: "u-2" }],
      },
    }),
    t.apply("a", {}),
  ]),
];
