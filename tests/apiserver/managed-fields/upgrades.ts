/** From client-side to server-side apply, and what an apply is refused. */
import type { Sequence } from "./play.ts";
import {
  type Body,
  configMap,
  container,
  containers,
  deployment,
  one,
  type Target,
  workload,
} from "./target.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";

/** What kubectl's client-side apply creates: the configuration with itself as an annotation. */
function clientSide(target: Target, fields: Body): Body {
  const text = `${JSON.stringify(target.of({ metadata: { annotations: {} }, ...fields }))}\n`;
  return { ...fields, metadata: { annotations: { [annotation]: text } } };
}

export const upgrades: readonly Sequence[] = [
  one("kubectl goes over without a conflict", configMap(), (t) => [
    t.create("kubectl-client-side-apply", clientSide(t, { data: { x: "1", y: "2" } })),
    t.apply("kubectl", { data: { x: "2", y: "2" } }),
    t.apply("kubectl", { data: { x: "2" } }),
  ]),
  one("kubectl with a field another changed since", configMap(), (t) => [
    t.create("kubectl-client-side-apply", clientSide(t, { data: { x: "1", y: "2" } })),
    t.patch("u", "merge", { data: { x: "5" } }),
    t.apply("kubectl", { data: { x: "2", y: "3" } }),
    t.apply("kubectl", { data: { x: "5", y: "3" } }),
  ]),
  one("another manager goes over with a conflict", configMap(), (t) => [
    t.create("kubectl-client-side-apply", clientSide(t, { data: { x: "1" } })),
    t.apply("flux", { data: { x: "2" } }),
  ]),
  one("a deployment goes over", deployment(), (t) => [
    t.create("kubectl-client-side-apply", clientSide(t, workload)),
    t.apply("kubectl", { spec: { ...workload.spec, ...containers({ name: "c", image: "j" }) } }),
  ]),
];

export const refusals: readonly Sequence[] = [
  one("what an apply may not be", configMap(), (t) => [
    t.raw("", t.of({})),
    t.raw("a", { metadata: { name: "x" } }),
    t.raw("a", [1]),
    t.raw("a", t.of({ metadata: { managedFields: [] } })),
    t.raw("a", t.of({ metadata: { name: "wrong" } })),
    t.raw("a", t.of({ data: { a: 1 } })),
    t.raw("a", t.of({ data: [1] })),
    t.raw("a", t.of({ foo: 1 })),
    t.raw("a", t.of({ metadata: { uid: "1" } })),
    { ...t.raw("a", t.of({})), type: "application/apply-patch+cbor" },
  ]),
  one("fields that do not fit", deployment(), (t) => [
    t.raw("a", t.of({ spec: { replicas: "x" } })),
    t.raw("a", t.of({ spec: { paused: 3 } })),
    t.raw("a", t.of({ spec: containers(container, container) })),
    t.raw("a", t.of({ spec: { template: { spec: { containers: [3] } } } })),
    t.raw("a", t.of({ spec: { template: { spec: { containers: { a: 1 } } } } })),
    t.raw("a", t.of({ spec: { template: { metadata: { finalizers: ["a", "a"] } } } })),
    t.raw("a", t.of({ spec: containers({ ...container, command: [3, true] }) })),
    t.raw("a", t.of({ status: {} }), "status"),
  ]),
];
