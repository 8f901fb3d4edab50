import { expect, test } from "bun:test";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import {
  V_AFFINITY,
  V_FIT,
  V_NODE_AFFINITY,
  V_PORTS,
  V_SPREAD,
  V_TAINT,
} from "#gen/scheduler-abi.ts";
import { filterBit } from "./filter-bits.ts";
import { prepareEvent } from "./hints.ts";
import type { ClusterEvent } from "./plugins/plugin.ts";

function pod(spec: Partial<Pod["spec"]> = {}, labels: Record<string, string> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n", uid: "p", labels },
    spec: { containers: [], ...spec },
    status: {},
  };
}

function node(labels: Record<string, string>, more: Partial<Node["spec"]> = {}, cpu = "2"): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "a", labels },
    spec: more,
    status: { allocatable: { cpu, memory: "4Gi", pods: "10" } },
  };
}

function helps(verdict: number, waiting: Pod, event: ClusterEvent): boolean {
  return prepareEvent(event)(waiting, filterBit(verdict));
}

const asks = (cpu: string) =>
  pod({ containers: [{ name: "c", resources: { requests: { cpu } } }] });

test("a node wakes what its empty self could hold", () => {
  expect(helps(V_FIT, asks("1"), { kind: "node", node: node({}) })).toBe(true);
  expect(helps(V_FIT, asks("3"), { kind: "node", node: node({}) })).toBe(false);
});

test("a changed node wakes only when something that the pod asks for grew", () => {
  const before = node({});
  expect(helps(V_FIT, asks("1"), { kind: "node", before, node: node({ x: "y" }) })).toBe(false);
  expect(helps(V_FIT, asks("1"), { kind: "node", before, node: node({}, {}, "4") })).toBe(true);
});

test("a taint gone wakes those who did not tolerate it, once", () => {
  const tainted = node({}, { taints: [{ key: "k", effect: "NoSchedule" }] });
  expect(helps(V_TAINT, pod(), { kind: "node", before: tainted, node: node({}) })).toBe(true);
  expect(helps(V_TAINT, pod(), { kind: "node", before: node({}), node: node({}) })).toBe(false);
  expect(helps(V_TAINT, pod(), { kind: "node", node: tainted })).toBe(false);
});

test("a label wakes those whose selector it meets", () => {
  const wants = pod({ nodeSelector: { disk: "ssd" } });
  const before = node({});
  const event = (disk: string): ClusterEvent => ({ kind: "node", before, node: node({ disk }) });
  expect(helps(V_NODE_AFFINITY, wants, event("ssd"))).toBe(true);
  expect(helps(V_NODE_AFFINITY, wants, event("hdd"))).toBe(false);
});

test("a pod that goes frees its port, not others", () => {
  const on = (hostPort: number) =>
    pod({ containers: [{ name: "c", ports: [{ containerPort: 80, hostPort }] }] });
  expect(helps(V_PORTS, on(80), { kind: "pod", before: on(80) })).toBe(true);
  expect(helps(V_PORTS, on(80), { kind: "pod", before: on(81) })).toBe(false);
  expect(helps(V_PORTS, on(80), { kind: "pod", pod: on(80) })).toBe(false);
});

test("spread and affinity hear of pods that they count, and of no others", () => {
  const labelSelector = { matchLabels: { app: "web" } };
  const spread = pod({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector },
    ],
  });
  const term = { labelSelector, topologyKey: "zone" };
  const near = pod({
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  });
  const far = pod({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  });
  const web = pod({}, { app: "web" });
  const other = pod({}, { app: "db" });
  for (const [verdict, waiting] of [
    [V_SPREAD, spread],
    [V_AFFINITY, near],
  ] as const) {
    expect(helps(verdict, waiting, { kind: "pod", pod: web })).toBe(true);
    expect(helps(verdict, waiting, { kind: "pod", pod: other })).toBe(false);
  }
  expect(helps(V_AFFINITY, far, { kind: "pod", before: web })).toBe(true);
  expect(helps(V_AFFINITY, far, { kind: "pod", pod: web })).toBe(false);
  expect(helps(V_AFFINITY, far, { kind: "pod", before: other })).toBe(false);
});

test("what nobody knows wakes all, what nobody asked wakes none", () => {
  expect(helps(V_FIT, asks("3"), { kind: "anything" })).toBe(true);
  expect(helps(V_TAINT, pod(), { kind: "storage" })).toBe(false);
});
