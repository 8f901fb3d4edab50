/** Objects that mean harm or nonsense: the module never traps, and the pods beside them are placed. */
import { beforeAll, expect, test } from "bun:test";
import type { Node, Pod, PodSpec } from "#gen/api/core/v1.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Random } from "./random.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

const amounts = ["-5", "1e400", "9223372036854775807", "99999999999Ei", "", "x", "1m", "0.0001"];

function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function oddNode(r: Random, name: string): Node {
  const labels = Object.fromEntries(many(r.below(500), (i) => [`l${i}`, String(i % 7)]));
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: r.chance(0.3) ? undefined : labels },
    spec: {
      taints: many(r.chance(0.1) ? 500 : r.below(3), (i) => ({
        key: `t${i}`,
        effect: "PreferNoSchedule" as const,
      })),
    },
    status: {
      allocatable: r.maybe(0.8, () => ({
        cpu: r.chance(0.5) ? "4" : (amounts[r.below(amounts.length)] ?? ""),
        memory: r.chance(0.5) ? "8Gi" : (amounts[r.below(amounts.length)] ?? ""),
        pods: r.chance(0.7) ? "20" : "-1",
      })),
    },
  };
}

function oddSpec(r: Random): Partial<PodSpec> {
  const amount = () => amounts[r.below(amounts.length)] ?? "";
  const term = { topologyKey: r.pick(["", "l1", "no such key"]), labelSelector: {} };
  return {
    priority: r.pick([0, -(2 ** 31), 2 ** 31 - 1]),
    containers: [
      { name: "c", resources: { requests: { cpu: amount(), memory: amount(), "a/b": amount() } } },
    ],
    nodeSelector: r.maybe(0.1, () => Object.fromEntries(many(300, (i) => [`l${i}`, "1"]))),
    topologySpreadConstraints: r.maybe(0.3, () =>
      many(2, () => ({ maxSkew: 0, whenUnsatisfiable: "DoNotSchedule" as const, ...term })),
    ),
    affinity: r.maybe(0.3, () => ({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: many(r.chance(0.1) ? 200 : 2, () => term),
      },
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: many(r.chance(0.2) ? 200 : 2, (i) => ({
            matchExpressions: [{ key: `l${i}`, operator: "Gt" as const, values: ["-9e99"] }],
          })),
        },
      },
    })),
  };
}

function podOf(name: string, spec: Partial<PodSpec>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "n", uid: name, labels: { app: "x" } },
    spec: { containers: [{ name: "c" }], ...spec },
    status: { startTime: "not a time" },
  };
}

test("nonsense by seeds: nothing traps, events come twice and out of order, a plain pod is placed", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const r = new Random(seed);
    const cache = new SchedulerCache({ seed });
    for (let i = 0; i < 30; i++) {
      const name = `n${r.below(6)}`;
      const key = `n/p${r.below(20)}`;
      const what = r.below(6);
      if (what === 0) cache.removeNode(name);
      else if (what === 1) cache.removePod(key);
      else if (what === 2) {
        const pod = podOf(key.slice(2), { ...oddSpec(r), nodeName: name });
        cache.setPod(pod);
        cache.setPod(pod);
      } else if (what === 3) cache.setNode(oddNode(r, name));
      else {
        const pod = podOf(`q${i}`, oddSpec(r));
        const [encoded] = cache.encode([pod]);
        if (encoded === undefined) throw new Error("a pod is encoded");
        if (encoded.refusal !== undefined) continue;
        const done = cache.schedule([encoded], (_, slot) => cache.assume(pod, encoded, slot));
        if (done === 1) continue;
        const { message } = refusalOf(cache, encoded, { pod, eligible: () => undefined });
        expect(message).toMatch(/^0\/\d+ nodes are available: |^no nodes available/);
      }
    }
    const taints: [] = [];
    const allocatable = { cpu: "1", memory: "1Gi", pods: "5" };
    cache.setNode({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "good" },
      spec: { taints },
      status: { allocatable },
    });
    const plain = podOf("plain", { nodeSelector: undefined });
    const [encoded] = cache.encode([plain]);
    expect(encoded && cache.schedule([encoded], () => {})).toBe(1);
    expect(podKey(plain)).toBe("n/plain");
  }
}, 60_000);

const goodNode: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "good", labels: { zone: "a" } },
  spec: {},
  status: { allocatable: { cpu: "8", memory: "64Gi", pods: "5000" } },
};

/** What a pod is told: undefined where it was placed. The plain pods around it must be placed. */
function told(cache: SchedulerCache, pod: Pod): string | undefined {
  const pods = [podOf("before", {}), pod, podOf("after", {})];
  const encoded = cache.encode(pods);
  const [before, own, after] = encoded;
  if (before === undefined || own === undefined || after === undefined) throw new Error("encoded");
  expect(cache.schedule([before], () => {})).toBe(1);
  let message = own.refusal;
  if (message === undefined && cache.schedule([own], () => {}) === 0)
    message = refusalOf(cache, own, { pod, eligible: () => undefined }).message;
  expect(cache.schedule([after], () => {})).toBe(1);
  return message;
}

function openWith(...nodes: readonly Node[]): SchedulerCache {
  const cache = new SchedulerCache({ seed: 1 });
  for (const node of nodes) cache.setNode(node);
  return cache;
}

const asking = (cpu: string, memory = "1Mi") =>
  podOf("odd", { containers: [{ name: "c", resources: { requests: { cpu, memory } } }] });

test("impossible, negative and overflowing amounts: the pod is told which, the others are placed", () => {
  const cache = openWith(goodNode);
  expect(told(cache, asking("-5"))).toBe('container "c" requests cpu "-5", which is negative');
  expect(told(cache, asking("1e400x"))).toContain("which cannot be read");
  for (const most of ["9223372036854775807", "99999999999Ei"]) {
    expect(told(cache, asking(most))).toStartWith("0/1 nodes are available: 1 Insufficient cpu.");
    expect(told(cache, asking("1", most))).toContain("Insufficient memory");
  }
});

test("10 000 labels, selectors of 1 000 terms, topology keys given twice: they are worked through", () => {
  const cache = openWith(goodNode, { ...goodNode, metadata: { name: "bare" } });
  const labels = Object.fromEntries(many(10_000, (i) => [`l${i}`, "1"]));
  const labelled = podOf("odd", {});
  expect(told(cache, { ...labelled, metadata: { ...labelled.metadata, labels } })).toBeUndefined();
  const expressions = many(10, (i) => ({ key: `k${i}`, operator: "DoesNotExist" as const }));
  const nodeSelectorTerms = many(1000, (i) => ({
    matchExpressions: [{ key: `k${i}`, operator: "Exists" as const }],
  }));
  const wide = podOf("odd", {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  });
  expect(told(cache, wide)).toContain("2 node(s) didn't match Pod's node affinity/selector");
  const anti = podOf("odd", {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: many(1000, (i) => ({
          topologyKey: "zone",
          labelSelector: { matchLabels: { nobody: String(i) }, matchExpressions: expressions },
        })),
      },
    },
  });
  expect(told(cache, anti)).toBeUndefined();
  const twice = podOf("odd", {
    topologySpreadConstraints: many(2, () => ({
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule" as const,
      labelSelector: { matchLabels: { app: "none" } },
    })),
  });
  expect(told(cache, twice)).toBeUndefined();
}, 60_000);

test("a million taints: the node is refused, tolerated as a whole, and told apart from the others", () => {
  const taints = many(1_000_000, (i) => ({ key: `t${i}`, effect: "NoSchedule" as const }));
  const tainted = {
    ...goodNode,
    metadata: { name: "tainted", labels: { own: "1" } },
    spec: { taints },
  };
  const cache = openWith(goodNode, tainted);
  const there = { nodeSelector: { own: "1" } };
  expect(told(cache, podOf("odd", there))).toContain("1 node(s) had untolerated taint(s)");
  const tolerations = [{ operator: "Exists" as const }];
  expect(told(cache, podOf("odd", { ...there, tolerations }))).toBeUndefined();
  cache.setNode({ ...tainted, spec: {} });
  expect(told(cache, podOf("odd", there))).toBeUndefined();
}, 60_000);
