/** Custom resources over time: versions, defaults, pruning, subresources, and definitions that change while objects are there. */
import type { Row } from "../row.ts";
import { part, table } from "./read-objects.ts";

const group = "surface.example.com";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const name = `widgets.${group}`;
const path = `${definitions}/${name}`;
const widgets = `/apis/${group}/v1/namespaces/NS/widgets`;
const older = widgets.replace("/v1/", "/v1beta1/");
const newest = widgets.replace("/v1/", "/v2/");
const at = "C1";
const merge = "application/merge-patch+json";
const apply = "application/apply-patch+yaml";

const spec = {
  type: "object",
  required: ["size"],
  properties: {
    size: { type: "integer", minimum: 1, maximum: 10 },
    color: { type: "string", default: "red", enum: ["red", "green", "blue"] },
    replicas: { type: "integer", default: 1 },
    port: { "x-kubernetes-int-or-string": true },
    name: { type: "string", pattern: "^[a-z]+$", maxLength: 5 },
    when: { type: "string", format: "date-time" },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    tags: {
      type: "array",
      items: { type: "string" },
      "x-kubernetes-list-type": "set",
      maxItems: 4,
    },
    parts: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["id"],
      maxItems: 8,
      items: {
        type: "object",
        required: ["id"],
        properties: {
          id: { type: "string", maxLength: 20 },
          count: { type: "integer", default: 7 },
        },
      },
    },
    limits: { type: "object", additionalProperties: { type: "integer" } },
    maybe: { type: "string", nullable: true },
  },
};
const status = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    selector: { type: "string" },
    phase: { type: "string" },
  },
};
const schemaOf = (inSpec: object) => ({
  openAPIV3Schema: { type: "object", properties: { spec: inSpec, status } },
});

const version = (versionName: string, rest: object = {}) => ({
  name: versionName,
  served: true,
  storage: versionName === "v1",
  schema: schemaOf(spec),
  subresources: {
    status: {},
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector",
    },
  },
  selectableFields: [{ jsonPath: ".spec.color" }, { jsonPath: ".spec.size" }],
  additionalPrinterColumns: [
    { name: "Size", type: "integer", jsonPath: ".spec.size" },
    { name: "Color", type: "string", jsonPath: ".spec.color", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "When", type: "date", jsonPath: ".spec.when" },
    { name: "Tags", type: "string", jsonPath: ".spec.tags" },
    { name: "Part", type: "string", jsonPath: ".spec.parts[*].id" },
  ],
  ...rest,
});

const definition = (versions: readonly object[], rest: object = {}) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wd"], categories: ["all"] },
    versions,
    ...rest,
  },
});

const widget = (widgetName: string, inSpec: object, rest: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind: "Widget",
  metadata: { name: widgetName },
  spec: inSpec,
  ...rest,
});

const scale = (widgetName: string, replicas: number) => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: widgetName },
  spec: { replicas },
});

const both = [version("v1"), version("v1beta1")];

/** Until each side serves it so. */
const served = (text: string, of = "v1"): Row => ({
  at,
  ask: `GET /apis/${group}/${of}`,
  until: text,
});

const bodies: readonly object[] = [
  { size: 1 },
  { size: 0 },
  { size: 11, color: "pink" },
  { size: "1" },
  { size: 1.5 },
  { size: null },
  {},
  { size: 2, unknown: 1, parts: [{ id: "a", nope: 1 }] },
  { size: 2, tags: ["a", "a"] },
  { size: 2, tags: ["a", "b", "c", "d", "e"] },
  { size: 2, parts: [{ id: "a" }, { id: "a", count: 2 }] },
  { size: 2, parts: [{ count: 2 }] },
  { size: 2, port: 1.5 },
  { size: 2, port: "http" },
  { size: 2, name: "ABCDEFG" },
  { size: 2, when: "yesterday" },
  { size: 2, free: { a: [1, { b: null }] } },
  { size: 2, limits: { a: "x", b: 1 } },
  { size: 2, maybe: null, color: null },
];

const created: readonly Row[] = bodies.flatMap((body, index): Row[] =>
  ["", "&fieldValidation=Strict", "&fieldValidation=Ignore"].map((validation) => ({
    at: "C2",
    ask: `POST ${widgets}?dryRun=All${validation}`,
    body: widget(`w${index}`, body),
  })),
);

const lived: readonly Row[] = [
  { at, ask: `POST ${widgets}`, body: widget("one", { size: 1, tags: ["a", "b"] }) },
  {
    at,
    ask: `POST ${older}`,
    body: { ...widget("two", { size: 2 }), apiVersion: `${group}/v1beta1` },
  },
  {
    at,
    ask: `POST ${widgets}`,
    body: { ...widget("x", { size: 2 }), apiVersion: `${group}/v1beta1` },
  },
  { at, ask: `POST ${widgets}`, body: { ...widget("x", { size: 2 }), kind: "Gadget" } },
  { at, ask: `POST ${widgets}`, body: widget("Bad_Name", { size: 2 }) },
  { at, ask: `POST ${widgets}`, body: widget("one", { size: 1 }) },
  ...[widgets, older].flatMap((one): Row[] => [
    { at, ask: `GET ${one}/one` },
    { at, ask: `GET ${one}/absent` },
    { at, ask: `GET ${one}` },
    { at, ask: `GET ${one}?limit=1` },
    { at, ask: `GET ${one}`, accept: table() },
    { at, ask: `GET ${one}/two`, accept: table() },
    { at, ask: `GET ${one}`, accept: part("PartialObjectMetadataList") },
    { at, ask: `GET ${one}/one`, accept: part("PartialObjectMetadata") },
    { at, ask: `GET ${one}/one`, accept: "application/yaml" },
    { at, ask: `GET ${one}/one`, accept: "application/vnd.kubernetes.protobuf" },
    { at, ask: `GET ${one}/one`, accept: "application/vnd.kubernetes.protobuf,application/json" },
    { at, ask: `GET ${one}?watch=1&timeoutSeconds=1` },
    { at, ask: `GET ${one}?watch=1&timeoutSeconds=1`, accept: table() },
    ...["spec.color=red", "spec.size=1", "spec.color!=red", "spec.name=x", "metadata.name=one"].map(
      (selector): Row => ({ at, ask: `GET ${one}?fieldSelector=${encodeURIComponent(selector)}` }),
    ),
  ]),
  {
    at,
    ask: `PUT ${older}/one?fieldManager=m`,
    body: { ...widget("one", { size: 3 }), apiVersion: `${group}/v1beta1` },
  },
  { at, ask: `GET ${widgets}/one` },
  { at, ask: `PATCH ${widgets}/one`, type: merge, body: { spec: { size: 4, unknown: 1 } } },
  {
    at,
    ask: `PATCH ${widgets}/one?fieldValidation=Strict`,
    type: merge,
    body: { spec: { size: 4, unknown: 1 } },
  },
  { at, ask: `PATCH ${widgets}/one`, type: merge, body: { spec: { size: 40 } } },
  { at, ask: `PATCH ${widgets}/one`, type: merge, body: { spec: { color: null } } },
  { at, ask: `PATCH ${widgets}/one`, type: merge, body: { status: { phase: "x" } } },
  { at, ask: `PATCH ${widgets}/one`, type: "application/strategic-merge-patch+json", body: {} },
  {
    at,
    ask: `PATCH ${widgets}/one`,
    type: "application/json-patch+json",
    body: [{ op: "replace", path: "/spec/size", value: 5 }],
  },
  {
    at,
    ask: `PATCH ${widgets}/one`,
    type: "application/json-patch+json",
    body: [{ op: "remove", path: "/spec/nope" }],
  },
  { at, ask: `PATCH ${widgets}/one?fieldManager=a`, type: apply, body: widget("one", { size: 6 }) },
  {
    at,
    ask: `PATCH ${widgets}/one?fieldManager=a&force=true`,
    type: apply,
    body: widget("one", { size: 6, parts: [{ id: "a" }] }),
  },
  {
    at,
    ask: `PATCH ${widgets}/one?fieldManager=b`,
    type: apply,
    body: widget("one", { size: 6, parts: [{ id: "b", count: 1 }], tags: ["c"] }),
  },
  {
    at,
    ask: `PATCH ${older}/one?fieldManager=b`,
    type: apply,
    body: { ...widget("one", { tags: ["c"] }), apiVersion: `${group}/v1beta1` },
  },
  {
    at,
    ask: `PATCH ${widgets}/one?fieldManager=c`,
    type: apply,
    body: widget("one", { parts: [{ count: 1 }] }),
  },
  {
    at,
    ask: `PATCH ${widgets}/one?fieldManager=c`,
    type: apply,
    body: widget("one", { tags: ["z", "z"] }),
  },
  {
    at,
    ask: `PATCH ${widgets}/one?fieldManager=c`,
    type: apply,
    body: widget("one", { unknown: 1 }),
  },
  {
    at,
    ask: `PATCH ${widgets}/three?fieldManager=c`,
    type: apply,
    body: widget("three", { size: 1 }),
  },
  {
    at,
    ask: `PUT ${widgets}/one/status`,
    body: widget(
      "one",
      { size: 99 },
      { status: { phase: "up", nope: 1, replicas: 2, selector: "a=b" } },
    ),
  },
  {
    at,
    ask: `PATCH ${widgets}/one/status`,
    type: merge,
    body: { metadata: { labels: { a: "b" } }, status: { phase: "on" } },
  },
  {
    at,
    ask: `PATCH ${widgets}/one/status?fieldManager=s`,
    type: apply,
    body: { ...widget("one", {}), spec: undefined, status: { phase: "off" } },
  },
  { at, ask: `GET ${widgets}/one/status` },
  { at, ask: `GET ${widgets}/one/status`, accept: table() },
  { at, ask: `GET ${widgets}/one/scale` },
  { at, ask: `GET ${widgets}/one/scale`, accept: table() },
  {
    at,
    ask: `PUT ${widgets}/one/scale`,
    body: scale("one", 5),
  },
  {
    at,
    ask: `PUT ${widgets}/one/scale`,
    body: scale("one", -5),
  },
  {
    at,
    ask: `PUT ${widgets}/one/scale`,
    body: scale("two", 5),
  },
  { at, ask: `PATCH ${widgets}/one/scale`, type: merge, body: { spec: { replicas: 6 } } },
  {
    at,
    ask: `PATCH ${widgets}/one/scale?fieldManager=k`,
    type: apply,
    body: scale("one", 7),
  },
  { at, ask: `GET ${widgets}/one` },
  { at, ask: `GET ${widgets}/two/scale` },
  { at, ask: `POST ${widgets}/one/status`, body: {} },
  { at, ask: `GET ${widgets}/one/nope` },
];

const narrower = {
  ...spec,
  properties: {
    ...spec.properties,
    size: { type: "integer", maximum: 3 },
    extra: { type: "string", default: "new" },
  },
};
const { limits: _, tags: __, ...without } = narrower.properties;
const put = (versions: readonly object[], rest: object = {}): Row => ({
  at: "C3",
  ask: `PATCH ${path}`,
  type: merge,
  body: { spec: { versions, ...rest } },
});

const bare = version("v2", {
  storage: true,
  subresources: undefined,
  schema: schemaOf(narrower),
  selectableFields: undefined,
  additionalPrinterColumns: undefined,
});

const changed: readonly Row[] = [
  put([
    version("v1", { schema: schemaOf({ ...narrower, properties: without }) }),
    version("v1beta1"),
  ]),
  put([
    version("v1", { schema: schemaOf({ ...narrower, properties: without }) }),
    version("v1beta1", { selectableFields: [{ jsonPath: ".spec.color" }] }),
  ]),
  {
    at,
    ask: `PATCH ${widgets}/two`,
    type: merge,
    body: { metadata: { annotations: { a: "b" } } },
    until: '"extra"',
  },
  { at, ask: `GET ${widgets}/one` },
  { at, ask: `GET ${widgets}/two` },
  { at, ask: `GET ${older}/two` },
  { at, ask: `PATCH ${widgets}/one`, type: merge, body: { spec: { name: "abc" } } },
  { at, ask: `PATCH ${widgets}/one`, type: merge, body: { spec: { size: 7 } } },
  { at, ask: `PUT ${widgets}/one`, body: widget("one", { size: 6 }) },
  { at, ask: `GET ${widgets}/one` },
  { at, ask: `GET ${path}` },
  put([version("v1"), version("v1beta1", { served: false })]),
  { at, ask: `GET ${older}/one`, until: "404" },
  { at, ask: `GET /apis/${group}` },
  { at, ask: `GET ${widgets}/one` },
  put([version("v1", { storage: false }), bare]),
  put([version("v1", { storage: false }), version("v1beta1", { served: false }), bare]),
  served('"widgets"', "v2"),
  { at, ask: `GET /apis/${group}` },
  { at, ask: `GET /apis/${group}/v2` },
  { at, ask: `GET ${path}` },
  { at, ask: `GET ${newest}/one` },
  { at, ask: `GET ${newest}`, accept: table() },
  { at, ask: `GET ${newest}/one/status` },
  {
    at,
    ask: `PATCH ${newest}/one`,
    type: merge,
    body: { spec: { size: 2 }, status: { phase: "v2" } },
  },
  // What is stored as v1 could not be read once it is gone.
  ...["two", "three"].map(
    (other): Row => ({
      at,
      ask: `PATCH ${newest}/${other}`,
      type: merge,
      body: { spec: { size: 3 } },
    }),
  ),
  { at, ask: `GET ${widgets}/one` },
  put([version("v2", { storage: true })]),
  {
    at: "C3",
    ask: `PATCH ${path}/status`,
    type: merge,
    body: { status: { storedVersions: ["v2"] } },
  },
  put([version("v2", { storage: true })], { scope: "Cluster" }),
  put([version("v2", { storage: true })], { names: { plural: "widgets", kind: "Gadget" } }),
  put([version("v2", { storage: true }), version("v2", { storage: true })]),
  put([version("v2", { storage: false })]),
  put([]),
  put([version("v2", { storage: true, schema: { openAPIV3Schema: { type: "string" } } })]),
  put([
    version("v2", {
      storage: true,
      schema: schemaOf({ type: "object", properties: { a: { type: "integer", default: "x" } } }),
    }),
  ]),
  put([version("v2", { storage: true, selectableFields: [{ jsonPath: ".spec.nope" }] })]),
  put([
    version("v2", {
      storage: true,
      additionalPrinterColumns: [{ name: "", type: "x", jsonPath: "a" }],
    }),
  ]),
  put([
    version("v2", {
      storage: true,
      subresources: { scale: { specReplicasPath: "x", statusReplicasPath: ".status.replicas" } },
    }),
  ]),
  put([version("v2", { storage: true })]),
  { at, ask: `GET ${path}` },
  { at, ask: `GET /apis/${group}/v1`, until: "404" },
  { at, ask: `GET /apis/${group}` },
  { at, ask: `GET ${widgets}/one` },
  { at, ask: `DELETE ${newest}/two` },
  { at, ask: `DELETE ${newest}/two` },
];

const ended: readonly Row[] = [
  {
    at,
    ask: `PATCH ${newest}/one`,
    type: merge,
    body: { metadata: { finalizers: ["example.com/f"] } },
  },
  { at: "C4", ask: `DELETE ${path}` },
  { at: "C4", ask: `GET ${newest}/one`, until: "deletionTimestamp" },
  {
    at: "C4",
    ask: `POST ${newest}`,
    body: { ...widget("late", { size: 1 }), apiVersion: `${group}/v2` },
  },
  { at: "C4", ask: `PATCH ${newest}/one`, type: merge, body: { metadata: { finalizers: [] } } },
  { at: "C4", ask: `GET ${path}`, until: "404" },
  { at: "C4", ask: `GET ${newest}/one`, until: "404 page not found" },
  { at: "C4", ask: `GET /apis/${group}`, until: "404 page not found" },
  { at: "C4", ask: `GET /apis/${group}/v2` },
];

export const customResources: readonly Row[] = [
  { at, ask: `DELETE ${path}`, unseen: true },
  { at, ask: `GET ${path}`, until: "404", unseen: true },
  { at, ask: `POST ${definitions}`, body: definition([version("v1", { schema: undefined })]) },
  {
    at,
    ask: `POST ${definitions}?fieldValidation=Strict&dryRun=All`,
    body: { ...definition(both), nope: 1 },
  },
  { at, ask: `POST ${definitions}?dryRun=All`, body: definition(both) },
  { at, ask: `POST ${definitions}`, body: definition(both), unseen: true },
  { at, ask: `GET ${path}`, until: '"Established","status":"True"', unseen: true },
  served('"widgets"', "v1beta1"),
  served('"widgets"'),
  { at, ask: `GET ${path}` },
  { at, ask: `GET ${path}`, accept: table() },
  { at, ask: `GET /apis/${group}` },
  { at, ask: `GET /apis/${group}/v1`, accept: "application/vnd.kubernetes.protobuf" },
  ...created,
  ...lived,
  ...changed,
  ...ended,
];
