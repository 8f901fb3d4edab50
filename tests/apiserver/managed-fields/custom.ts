/** Applies of a custom resource: its lists, maps and defaults merge as its schema says. */
import type { Sequence, Step } from "./play.ts";
import { namespace, one, Target } from "./target.ts";

export const customGroup = "managed-fields.example.com";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const text = { type: "string" };
const item = {
  type: "object",
  properties: { name: text, protocol: { type: "string", default: "TCP" }, value: text },
  required: ["name"],
};
const spec = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    atomic: { type: "array", items: text },
    set: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    ports: {
      type: "array",
      items: item,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name", "protocol"],
    },
    whole: { type: "object", additionalProperties: text, "x-kubernetes-map-type": "atomic" },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    labels: { type: "object", additionalProperties: text },
  },
};

const definition: Step = {
  method: "POST",
  path: `${definitions}?fieldManager=a`,
  type: "application/json",
  body: {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.${customGroup}` },
    spec: {
      group: customGroup,
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", properties: { spec, status: { type: "object" } } },
          },
          subresources: { status: {} },
        },
      ],
    },
  },
};

const thing = (name: string) => new Target(`${customGroup}/v1`, "Thing", "things", name);

/** The first makes the definition that all use. */
export const custom: readonly Sequence[] = [
  { name: "the definition", steps: [definition] },
  one("a custom resource is created and patched", thing("a"), (t) => [
    t.create("a", {
      spec: { replicas: 1, set: ["x"], atomic: ["y"], free: { deep: { er: [1] } } },
    }),
    t.patch("b", "merge", { spec: { replicas: 2, free: { deep: { more: "z" } } } }),
    t.patch("b", "merge", { spec: { free: { deep: "scalar now" } } }),
  ]),
  one("lists and maps of appliers", thing("b"), (t) => [
    t.apply("a", {
      spec: { set: ["x", "y"], ports: [{ name: "p" }], whole: { a: "1" }, labels: { a: "1" } },
    }),
    t.apply("b", {
      spec: {
        set: ["z"],
        ports: [
          { name: "p", protocol: "UDP" },
          { name: "p", value: "v" },
        ],
        labels: { b: "1" },
      },
    }),
    t.apply("b", { spec: { whole: { b: "1" } } }),
    t.apply("a", { spec: { set: ["y"], whole: { a: "1" } } }),
    t.force("b", { spec: { whole: { b: "1" } } }),
  ]),
  one("atomic and free parts", thing("c"), (t) => [
    t.apply("a", { spec: { atomic: ["x"], free: { a: { b: 1 }, c: [1] } } }),
    t.apply("b", { spec: { free: { a: { d: 2 } } } }),
    t.apply("b", { spec: { atomic: ["x", "y"] } }),
    t.apply("a", { spec: { free: { a: { b: 1 } } } }),
  ]),
  one("finalizers of any name", thing("e"), (t) => [
    t.apply("a", { metadata: { finalizers: ["plain"] }, spec: { replicas: 1 } }),
    t.patch("b", "merge", { metadata: { finalizers: ["plain", "another"] } }),
    t.apply("a", { metadata: { finalizers: ["plain"] }, spec: { replicas: 1 } }),
    t.patch("b", "merge", { metadata: { finalizers: [] } }),
  ]),
  one("what the schema does not know", thing("d"), (t) => [
    t.apply("a", { spec: { unknown: 1 } }),
    t.apply("a", { spec: { replicas: "x" } }),
    t.apply("a", { spec: { set: ["x", "x"] } }),
    t.apply("a", { metadata: { namespace, labels: { a: "b" } } }),
  ]),
];
