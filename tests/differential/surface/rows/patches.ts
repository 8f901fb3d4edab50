/** M3, M4 and M9: every patch type on objects and subresources, good and bad. */
import type { Row } from "../row.ts";

const maps = "/api/v1/namespaces/NS/configmaps";
const deployments = "/apis/apps/v1/namespaces/NS/deployments";
const pods = "/api/v1/namespaces/NS/pods";
const types = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

const map = {
  metadata: { name: "a", labels: { x: "y" }, finalizers: ["example.com/a"] },
  data: { a: "b", "c/d": "e" },
};
const container = (name: string, rest = {}) => ({ name, image: "i", ...rest });
const deployment = {
  metadata: { name: "d", labels: { a: "b" } },
  spec: {
    replicas: 0,
    paused: true,
    selector: { matchLabels: { a: "b" } },
    template: {
      metadata: { labels: { a: "b" } },
      spec: {
        containers: [
          container("one", { env: [{ name: "A", value: "1" }], ports: [{ containerPort: 80 }] }),
          container("two", { args: ["x", "y"] }),
        ],
        tolerations: [{ key: "k", operator: "Exists" }],
      },
    },
  },
};

const made = (path: string, name: string, body: unknown): readonly Row[] => [
  { at: "M3", ask: `DELETE ${path}/${name}?gracePeriodSeconds=0`, unseen: true },
  {
    at: "M3",
    ask: `PATCH ${path}/${name}`,
    type: types.merge,
    body: { metadata: { finalizers: null } },
    unseen: true,
  },
  { at: "M1", ask: `POST ${path}`, body },
];

const operations: readonly unknown[] = [
  [],
  {},
  null,
  "x",
  [{}],
  [null],
  [7],
  [{ op: "x", path: "/a" }],
  [{ op: "add" }],
  [{ op: "add", path: "data/a", value: "x" }],
  [{ op: "add", path: "/data/z", value: "1" }],
  [{ op: "add", path: "/data/z" }],
  [{ op: "add", path: "/data/z", value: null }],
  [{ op: "add", path: "/data/c~1d", value: "f" }],
  [{ op: "add", path: "/data/~2", value: "f" }],
  [{ op: "add", path: "/nope/a", value: "f" }],
  [{ op: "add", path: "/metadata/finalizers/-", value: "example.com/b" }],
  [{ op: "add", path: "/metadata/finalizers/0", value: "example.com/b" }],
  [{ op: "add", path: "/metadata/finalizers/9", value: "example.com/b" }],
  [{ op: "add", path: "/metadata/finalizers/-1", value: "example.com/b" }],
  [{ op: "add", path: "/metadata/finalizers/x", value: "example.com/b" }],
  [{ op: "remove", path: "/metadata/finalizers/-" }],
  [{ op: "remove", path: "/metadata/finalizers/0" }],
  [{ op: "remove", path: "/metadata/finalizers/7" }],
  [{ op: "remove", path: "/data/nope" }],
  [{ op: "remove", path: "/data" }],
  [{ op: "remove", path: "" }],
  [{ op: "remove", path: "/" }],
  [{ op: "replace", path: "/data/nope", value: "x" }],
  [{ op: "replace", path: "/data/a", value: "x" }],
  [{ op: "replace", path: "/data/a" }],
  [{ op: "replace", path: "", value: {} }],
  [{ op: "replace", path: "", value: [] }],
  [{ op: "replace", path: "", value: null }],
  [{ op: "test", path: "/data/a", value: "b" }],
  [{ op: "test", path: "/data/a", value: "x" }],
  [{ op: "test", path: "/data/nope", value: null }],
  [{ op: "test", path: "/data/nope", value: "x" }],
  [{ op: "test", path: "/data", value: { "c/d": "e", a: "b" } }],
  [{ op: "test", path: "/data" }],
  [{ op: "move", from: "/data/a", path: "/data/b" }],
  [{ op: "move", from: "/data/nope", path: "/data/b" }],
  [{ op: "move", from: "/data", path: "/data/a" }],
  [{ op: "move", path: "/data/b" }],
  [{ op: "move", from: "/data/a", path: "/data/a" }],
  [{ op: "copy", from: "/data/a", path: "/data/b" }],
  [{ op: "copy", from: "/data/nope", path: "/data/b" }],
  [{ op: "copy", from: "", path: "/data/b" }],
  [{ op: "copy", from: "/metadata/finalizers/0", path: "/data/b" }],
  [{ op: "add", path: "/metadata/name", value: "b" }],
  [{ op: "remove", path: "/metadata/name" }],
  [{ op: "add", path: "/metadata/uid", value: "x" }],
  [{ op: "add", path: "/metadata/resourceVersion", value: "1" }],
  [{ op: "add", path: "/metadata/namespace", value: "x" }],
  [{ op: "replace", path: "/kind", value: "Secret" }],
  [{ op: "remove", path: "/kind" }],
  [{ op: "replace", path: "/apiVersion", value: "v2" }],
  [{ op: "add", path: "/data/z", value: 7 }],
  [{ op: "add", path: "/nope", value: 7 }],
  [{ op: "add", path: "/metadata/managedFields", value: [] }],
  [
    { op: "add", path: "/data/z", value: "1" },
    { op: "test", path: "/data/z", value: "1" },
    { op: "remove", path: "/data/z" },
  ],
  [{ OP: "add", path: "/data/z", value: "1" }],
  [{ op: "add", path: "/data/z", value: "1", extra: 1 }],
  [{ op: "add", path: 7, value: "1" }],
];
const merges: readonly unknown[] = [
  {},
  [],
  null,
  7,
  "x",
  "{",
  { data: null },
  { data: { a: null } },
  { data: { a: 7 } },
  { data: [] },
  { data: "x" },
  { nope: 1 },
  { metadata: null },
  { metadata: { name: null } },
  { metadata: { name: "b" } },
  { metadata: { namespace: "x" } },
  { metadata: { uid: "x" } },
  { metadata: { uid: "<uid>" } },
  { metadata: { resourceVersion: "1" } },
  { metadata: { resourceVersion: "<version>" } },
  { metadata: { resourceVersion: "x" } },
  { metadata: { resourceVersion: "" } },
  { metadata: { generation: 7 } },
  { metadata: { creationTimestamp: null } },
  { metadata: { creationTimestamp: "2020-01-01T00:00:00Z" } },
  { metadata: { deletionTimestamp: "2020-01-01T00:00:00Z" } },
  { metadata: { finalizers: [] } },
  { metadata: { finalizers: ["bad finalizer"] } },
  { metadata: { labels: { "a b": "c" } } },
  { metadata: { labels: null } },
  { metadata: { managedFields: [] } },
  { metadata: { managedFields: [{}] } },
  { metadata: { managedFields: null } },
  { kind: "Secret" },
  { apiVersion: "v2" },
  { kind: null },
  { kind: "" },
  { immutable: true },
  { data: { a: "b" } },
  { data: {}, binaryData: {} },
  { metadata: { ownerReferences: [{}] } },
];
const specs: readonly unknown[] = [
  { spec: { replicas: null } },
  { spec: { replicas: 2 } },
  { spec: { replicas: "2" } },
  { spec: { replicas: 1.5 } },
  { spec: { template: { spec: { containers: [{ name: "one", image: "j" }] } } } },
  { spec: { template: { spec: { containers: [{ image: "j" }] } } } },
  { spec: { template: { spec: { containers: [{ name: "three", image: "j" }] } } } },
  { spec: { template: { spec: { containers: [{ name: "two", $patch: "delete" }] } } } },
  {
    spec: {
      template: { spec: { containers: [{ $patch: "replace" }, { name: "x", image: "y" }] } },
    },
  },
  { spec: { template: { spec: { containers: [{ $patch: "x" }] } } } },
  { spec: { template: { spec: { $patch: "replace", containers: [{ name: "x", image: "y" }] } } } },
  { spec: { template: { spec: { containers: [{ name: "nope", $patch: "delete" }] } } } },
  {
    spec: {
      template: { spec: { "$setElementOrder/containers": [{ name: "two" }, { name: "one" }] } },
    },
  },
  {
    spec: {
      template: {
        spec: {
          "$setElementOrder/containers": [{ name: "two" }, { name: "one" }],
          containers: [{ name: "one", image: "z" }],
        },
      },
    },
  },
  {
    spec: {
      template: {
        spec: {
          "$setElementOrder/containers": [{ name: "two" }],
          containers: [{ name: "one", image: "z" }],
        },
      },
    },
  },
  { spec: { template: { spec: { "$setElementOrder/containers": "x" } } } },
  {
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: "one",
              env: [
                { name: "A", value: "2" },
                { name: "B", value: "3" },
              ],
            },
          ],
        },
      },
    },
  },
  {
    spec: {
      template: {
        spec: { containers: [{ name: "one", ports: [{ containerPort: 80, name: "http" }] }] },
      },
    },
  },
  { spec: { template: { spec: { containers: [{ name: "two", args: ["z"] }] } } } },
  { spec: { template: { spec: { containers: null } } } },
  { spec: { template: { spec: { containers: [] } } } },
  { spec: { template: { spec: { containers: "x" } } } },
  { spec: { template: { spec: { containers: [7] } } } },
  { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
  { spec: { strategy: { type: "Recreate" } } },
  { spec: { strategy: { $retainKeys: ["nope"], type: "Recreate" } } },
  { spec: { strategy: { $retainKeys: "x" } } },
  { spec: { template: { spec: { tolerations: [{ key: "z", operator: "Exists" }] } } } },
  { spec: { template: { spec: { volumes: [{ name: "v", emptyDir: {} }] } } } },
  { metadata: { finalizers: ["example.com/z"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/z"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": "x" } },
  {
    metadata: {
      "$setElementOrder/finalizers": ["example.com/q", "example.com/z"],
      finalizers: ["example.com/q"],
    },
  },
  { $patch: "delete" },
  { $patch: "replace", spec: {} },
  { $patch: "merge" },
  { spec: null },
  { spec: { selector: null } },
  { spec: { selector: { matchLabels: { x: "y" } } } },
  { status: { replicas: 7 } },
  { spec: { nope: 1 } },
  { spec: { template: { spec: { containers: [{ name: "one", nope: 1 }] } } } },
  { spec: { template: { spec: { nodeSelector: { a: null, b: "c" } } } } },
  { spec: { paused: null } },
];
const configs: readonly unknown[] = [
  "",
  "{",
  "x",
  "[]",
  "null",
  {},
  { apiVersion: "v1" },
  { kind: "ConfigMap" },
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "ConfigMap", metadata: {} },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } },
  { apiVersion: "v1", kind: "Secret", metadata: { name: "a" } },
  { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "a" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { a: "b" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { a: "x" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { z: "1" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { z: 1 } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, nope: 1 },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "x" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", uid: "x" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", resourceVersion: "1" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", resourceVersion: "<version>" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", managedFields: [{}] } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", managedFields: [] } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", finalizers: ["example.com/b"] } },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", finalizers: ["example.com/b", "example.com/b"] },
  },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", labels: { x: "z" } } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", generateName: "x" } },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", creationTimestamp: "2020-01-01T00:00:00Z" },
  },
  "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  q: r\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: a\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nx: y\n",
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: null },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { a: null } },
];

const onMap = made(maps, "a", map);
const onDeployment = made(deployments, "d", deployment);

export const jsonPatches: readonly Row[] = operations.flatMap((body) => [
  ...onMap,
  { at: "M3", ask: `PATCH ${maps}/a`, type: types.json, body },
]);

export const mergePatches: readonly Row[] = merges.flatMap((body) => [
  ...onMap,
  { at: "M3", ask: `PATCH ${maps}/a`, type: types.merge, body },
  ...onMap,
  { at: "M3", ask: `PATCH ${maps}/a`, type: types.strategic, body },
  { at: "M6", ask: `PATCH ${maps}/a?fieldValidation=Strict&dryRun=All`, type: types.merge, body },
]);

export const strategicPatches: readonly Row[] = specs.flatMap((body) => [
  ...onDeployment,
  { at: "M3", ask: `PATCH ${deployments}/d`, type: types.strategic, body },
  ...onDeployment,
  { at: "M3", ask: `PATCH ${deployments}/d`, type: types.merge, body },
]);

export const applyPatches: readonly Row[] = configs.flatMap((body): Row[] => [
  ...onMap,
  { at: "M4", ask: `PATCH ${maps}/a?fieldManager=m`, type: types.apply, body },
  { at: "M4", ask: `PATCH ${maps}/a?fieldManager=m&force=true`, type: types.apply, body },
  { at: "M4", ask: `PATCH ${maps}/a?fieldManager=m&force=true`, type: types.apply, body },
  { at: "M4", ask: `PATCH ${maps}/a?fieldManager=n`, type: types.apply, body },
  { at: "M4", ask: `PATCH ${maps}/absent?fieldManager=m&dryRun=All`, type: types.apply, body },
  {
    at: "M6",
    ask: `PATCH ${maps}/a?fieldManager=m&fieldValidation=Strict&dryRun=All`,
    type: types.apply,
    body,
  },
]);

const pod = {
  metadata: { name: "p" },
  spec: { serviceAccountName: "default", schedulerName: "none", containers: [container("one")] },
};
const replicas = { spec: { replicas: 1 } };
const scale = {
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "d" },
  spec: { replicas: 0 },
};
const places: readonly (readonly [path: string, body: unknown])[] = [
  [`${deployments}/d/scale`, replicas],
  [`${deployments}/d/status`, { status: { replicas: 3 } }],
  [`${pods}/p/status`, { status: { phase: "Running" } }],
  [`${pods}/p/ephemeralcontainers`, { spec: { ephemeralContainers: [container("e")] } }],
  [
    `${pods}/p/resize`,
    { spec: { containers: [{ name: "one", resources: { requests: { cpu: "1" } } }] } },
  ],
  [`${pods}/p/binding`, {}],
  [`${pods}/p/eviction`, {}],
  [`${pods}/p/log`, {}],
  [`${pods}/p/exec`, {}],
  ["/api/v1/namespaces/NS/serviceaccounts/default/token", {}],
  ["/api/v1/namespaces/NS/status", { status: { phase: "Active" } }],
  ["/api/v1/namespaces/NS/finalize", {}],
  ["/apis/certificates.k8s.io/v1/certificatesigningrequests/absent/approval", {}],
  [`${maps}/a/status`, {}],
  [`${deployments}/absent/scale`, replicas],
  [`${deployments}/absent`, {}],
  [`${maps}/absent`, {}],
];
const otherTypes = [
  "application/json",
  "",
  "text/plain",
  "application/apply-patch+cbor",
  "application/json-patch+json;charset=utf-8",
  "application/cbor",
];

const everyType = ([path, body]: readonly [string, unknown]): Row[] => [
  {
    at: "M9",
    ask: `PATCH ${path}`,
    type: types.json,
    body: [{ op: "add", path: "/metadata/labels", value: { q: "r" } }],
  },
  {
    at: "M9",
    ask: `PATCH ${path}`,
    type: types.json,
    body: [{ op: "replace", path: "/spec/replicas", value: 2 }],
  },
  { at: "M9", ask: `PATCH ${path}`, type: types.merge, body },
  { at: "M9", ask: `PATCH ${path}`, type: types.strategic, body },
  { at: "M9", ask: `PATCH ${path}?fieldManager=m`, type: types.apply, body },
  {
    at: "M9",
    ask: `PATCH ${path}?fieldManager=m`,
    type: types.apply,
    body: { ...scale, ...(body as object) },
  },
  {
    at: "M9",
    ask: `PATCH ${path}?fieldManager=m&force=true`,
    type: types.apply,
    body: { ...scale, ...(body as object) },
  },
  { at: "M9", ask: `PATCH ${path}?dryRun=All`, type: types.merge, body },
  { at: "M9", ask: `GET ${path}`, ...(/(exec|log)$/.test(path) ? { shape: true as const } : {}) },
  { at: "M9", ask: `PUT ${path}`, body: { ...scale, ...(body as object) } },
  { at: "M9", ask: `POST ${path}`, body },
  { at: "M9", ask: `DELETE ${path}?dryRun=All` },
  ...otherTypes.map((type): Row => ({ at: "M3", ask: `PATCH ${path}`, type, body })),
];

export const subresourcePatches: readonly Row[] = places.flatMap((place) => [
  ...onMap,
  ...onDeployment,
  ...made(pods, "p", pod),
  ...everyType(place),
]);
