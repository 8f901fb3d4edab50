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
