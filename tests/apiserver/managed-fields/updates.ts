/** Updates, patches of each kind, status and scale. */
import type { Sequence } from "./play.ts";
import {
  configMap,
  deployment,
  labels,
  one,
  other,
  pod,
  podSpec,
  podTemplate,
  ports,
  service,
  template,
  workload,
} from "./target.ts";

export const updates: readonly Sequence[] = [
  one("put changes one, removes one", configMap(), (t) => [
    t.create("a", { data: { a: "1", b: "2" } }),
    t.update("b", { data: { a: "9", c: "3" } }),
  ]),
  one("put by the same manager", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.update("a", { data: { a: "2", b: "3" } }),
  ]),
  one("put of the same", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.update("b", { data: { a: "1" } }),
  ]),
  one("the last object edited", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.edit("b", { data: { b: "2" } }),
    t.edit("c", { metadata: { labels: { x: "y" } } }),
    t.edit("a", { data: { a: null } }),
  ]),
  one("reset by [{}]", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.edit("b", { metadata: { managedFields: [{}] } }),
    t.patch("c", "merge", { data: { b: "2" } }),
    t.apply("d", { data: { b: "2" } }),
  ]),
  one("reset by []", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.patch("b", "merge", { metadata: { managedFields: [] } }),
  ]),
  one("reset by a merge patch with [{}]", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.patch("b", "merge", { metadata: { managedFields: [{}] } }),
  ]),
  one("reset by a JSON patch", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.patch("b", "json", [{ op: "replace", path: "/metadata/managedFields", value: [{}] }]),
  ]),
  one("managed fields taken out by a JSON patch", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.patch("b", "json", [{ op: "remove", path: "/metadata/managedFields" }]),
  ]),
  one("one manager renamed", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.patch("b", "json", [
      { op: "replace", path: "/metadata/managedFields/0/manager", value: "n" },
    ]),
  ]),
  one("broken managed fields", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.edit("b", {
      data: { b: "2" },
      metadata: {
        managedFields: [
          {
            manager: "x",
            operation: "Update",
            apiVersion: "v1",
            fieldsType: "FieldsV1",
            fieldsV1: { bad: {} },
          },
        ],
      },
    }),
  ]),
  one("a version that is gone", configMap(), (t) => [
    t.create("a", { data: { a: "1", b: "2" } }),
    t.edit("b", {
      data: { c: "3" },
      metadata: {
        managedFields: [
          {
            manager: "x",
            operation: "Update",
            apiVersion: "v0",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { "f:a": {} } },
          },
          {
            manager: "y",
            operation: "Update",
            apiVersion: "v1",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { "f:b": {}, "z:future": {} } },
          },
        ],
      },
    }),
  ]),
  one("merge patch", deployment(), (t) => [
    t.create("a", workload),
    t.patch("b", "merge", {
      spec: { replicas: 3, paused: true },
      metadata: { labels: { x: "y" } },
    }),
    t.patch("b", "merge", { spec: { paused: null } }),
  ]),
  one("strategic patch of a list", deployment(), (t) => [
    t.create("a", workload),
    t.patch("b", "strategic", {
      spec: { template: { spec: { containers: [{ name: "d", image: "j" }] } } },
    }),
    t.patch("c", "strategic", {
      spec: { template: { spec: { containers: [{ name: "c", image: "k" }] } } },
    }),
    t.patch("c", "strategic", {
      spec: { template: { spec: { containers: [{ name: "d", $patch: "delete" }] } } },
    }),
  ]),
  one("json patch of a list", template(), (t) => [
    t.create("a", { template: podTemplate }),
    t.patch("b", "json", [
      {
        op: "add",
        path: "/template/spec/containers/-",
        value: { name: "d", image: "j", env: [{ name: "E", value: "1" }] },
      },
    ]),
    t.patch("c", "json", [{ op: "remove", path: "/template/spec/containers/0" }]),
  ]),
  one("patch that changes nothing", configMap(), (t) => [
    t.create("a", { data: { a: "1" } }),
    t.patch("b", "merge", { data: { a: "1" } }),
    t.patch("b", "json", []),
  ]),
  one("atomic selector", service(), (t) => [
    t.create("a", { spec: { selector: { a: "1", b: "2" }, ports: [{ port: 80 }] } }),
    t.patch("b", "merge", { spec: { selector: { c: "3" } } }),
  ]),
  one("finalizers are a set", configMap(), (t) => [
    t.create("a", { metadata: { finalizers: ["x.io/a"] } }),
    t.patch("b", "merge", { metadata: { finalizers: ["x.io/a", "x.io/b"] } }),
    t.patch("c", "merge", { metadata: { finalizers: null } }),
  ]),
  one("status on the main resource", deployment(), (t) => [
    t.create("a", workload),
    t.patch("b", "merge", { status: { replicas: 5 } }),
  ]),
  one("pod status", pod(), (t) => [
    t.create("a", { spec: podSpec }),
    t.patch(
      "b",
      "strategic",
      {
        metadata: { labels: { x: "y" } },
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
      },
      "status",
    ),
    t.patch(
      "c",
      "strategic",
      {
        status: {
          conditions: [{ type: "Ready", status: "False", reason: "R" }],
          podIPs: [{ ip: "1.2.3.4" }],
          podIP: "1.2.3.4",
        },
      },
      "status",
    ),
  ]),
  one("service status", service(), (t) => [
    t.create("a", ports({ port: 80 })),
    t.patch(
      "b",
      "merge",
      { status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } }, spec: { externalName: "x" } },
      "status",
    ),
  ]),
  one(
    "network policy loses a rule",
    other("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    (t) => [
      t.create("a", { spec: { podSelector: { matchLabels: labels }, ingress: [{}] } }),
      t.patch("b", "merge", { spec: { ingress: null, egress: [{}] } }),
    ],
  ),
  one("twelve managers", configMap(), (t) => [
    t.create("m00", { data: { k0: "0" } }),
    ...Array.from({ length: 12 }, (_, i) =>
      t.patch(`m${i + 10}`, "merge", { data: { [`k${i + 1}`]: "x" } }),
    ),
  ]),
  one("ephemeral containers", pod(), (t) => [
    t.create("a", { spec: podSpec }),
    t.patch(
      "b",
      "strategic",
      { spec: { ephemeralContainers: [{ name: "e", image: "i" }] } },
      "ephemeralcontainers",
    ),
  ]),
];

export const scales: readonly Sequence[] = [
  one("scale patched", deployment(), (t) => [
    t.create("a", workload),
    t.patch("b", "merge", { spec: { replicas: 4 } }, "scale"),
    t.patch("x", "merge", { metadata: { labels: { seen: "1" } } }),
    t.patch("b", "merge", { spec: { replicas: 5 } }, "scale"),
    t.patch("x", "merge", { metadata: { labels: { seen: "2" } } }),
  ]),
  one("scale to the same", deployment(), (t) => [
    t.create("a", workload),
    t.patch("b", "merge", { spec: { replicas: 1 } }, "scale"),
    t.patch("x", "merge", { metadata: { labels: { seen: "1" } } }),
  ]),
  one("scale takes from an applier", deployment(), (t) => [
    t.apply("a", { spec: { replicas: 2, ...workload.spec } }),
    t.patch("b", "merge", { spec: { replicas: 4 } }, "scale"),
    t.patch("x", "merge", { metadata: { labels: { seen: "1" } } }),
    t.apply("a", { spec: { replicas: 2, ...workload.spec } }),
  ]),
  one("scale of what nobody manages", deployment(), (t) => [
    t.apply("a", workload),
    t.patch("b", "merge", { spec: { replicas: 4 } }, "scale"),
    t.patch("x", "merge", { metadata: { labels: { seen: "1" } } }),
  ]),
];
