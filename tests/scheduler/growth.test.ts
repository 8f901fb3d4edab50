/** A scheduler that runs for weeks meets ever new labels: what nobody uses any more costs no memory. */
import { beforeAll, expect, test } from "bun:test";
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "#gen/api/core/v1.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

function nodeOf(index: number): Node {
  const name = `n${index}`;
  const taints = [{ key: `t${index % 3}`, effect: "PreferNoSchedule" as const }];
  const allocatable = { cpu: "64", memory: "64Gi", pods: "100", "example.com/d": "8" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, zone: `z${index % 4}` } },
    spec: { taints },
    status: { allocatable },
  };
}

/** Nothing of it is like any other pod's. */
function strangePod(index: number): Pod {
  const labels = { app: `a${index}` };
  const labelSelector = { matchLabels: labels };
  const topologyKey = index % 2 === 0 ? "zone" : `rack-${index}`;
  const expression = { key: "zone", operator: "NotIn" as const, values: [`none-${index}`] };
  const requests = {
    cpu: "10m",
    [index % 5 === 0 ? `example.com/r${index}` : "example.com/d"]: "1",
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${index}`, namespace: "n", uid: `p${index}`, labels },
    spec: {
      containers: [
        {
          name: "c",
          image: `image:${index}`,
          ports: [{ containerPort: 1, hostPort: 1 + (index % 60_000) }],
          resources: { requests },
        },
      ],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [expression] }],
          },
        },
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector }],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector },
      ],
    },
    status: {},
  };
}

/** Bytes of the arena after each hundred pods that came, were placed if they fit, and went. */
function churn(garbageMax: number): { readonly bytes: number[]; readonly placed: number } {
  const cache = new SchedulerCache({ seed: 1, garbageMax });
  for (let index = 0; index < 20; index++) cache.setNode(nodeOf(index));
  const bytes: number[] = [];
  let placed = 0;
  for (let index = 0; index < 800; index++) {
    const pod = strangePod(index);
    const encoded = cache.encode([pod]);
    const [what] = encoded;
    placed += cache.schedule(encoded, (_, slot) => what && cache.assume(pod, what, slot));
    // Thirty stay on their nodes at any time.
    cache.removePod(podKey(strangePod(index - 30)));
    if (index % 100 === 99) bytes.push(cache.core.arena.bytes);
  }
  return { bytes, placed };
}

test("pods of which no two are alike come and go: the arena stops growing", () => {
  const { bytes, placed } = churn(300);
  // Those that spread over racks no node has fit nowhere.
  expect(placed).toBeGreaterThan(300);
  expect(bytes.at(-1)).toBe(bytes[3] ?? 0);
}, 60_000);

test("without collections it would grow", () => {
  const { bytes } = churn(Infinity);
  expect(bytes.at(-1)).toBeGreaterThan((bytes[3] ?? 0) * 1.2);
}, 60_000);

/** Every claim is bound to a volume of one driver. */
const storage = {
  claim(namespace: string, name: string): PersistentVolumeClaim {
    return {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace, annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
      spec: { volumeName: `v-${name}`, accessModes: ["ReadWriteMany"] },
      status: { phase: "Bound" },
    };
  },
  volume(name: string): PersistentVolume {
    const claimRef = { namespace: "n", name: name.slice(2) };
    const csi = { driver: "example.com", volumeHandle: name };
    return {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: { csi, claimRef, accessModes: ["ReadWriteMany"] },
      status: {},
    };
  },
  volumes: () => [],
  storageClass: () => undefined,
  driver: () => undefined,
  capacities: () => [],
};

/** Two pods a volume, so that the second finds it attached somewhere. */
function podWithVolume(index: number): Pod {
  const claimName = `c${index >> 1}`;
  const containers = [{ name: "c", image: "image", resources: { requests: { cpu: "10m" } } }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${index}`, namespace: "n", uid: `p${index}` },
    spec: { containers, volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] },
    status: {},
  };
}

test("volumes, and nodes with limits for them, come and go: counters and nodes are forgotten", () => {
  const cache = new SchedulerCache({ seed: 1, garbageMax: 300, storage });
  const bytes: number[] = [];
  const counted: number[] = [];
  const place = (index: number): void => {
    const encoded = cache.encode([podWithVolume(index)]);
    const [what] = encoded;
    const done = cache.schedule(encoded, (_, slot) => {
      if (what !== undefined) cache.assume(podWithVolume(index), what, slot);
    });
    expect(done).toBe(1);
  };
  for (let index = 0; index < 1200; index++) {
    const node = nodeOf(index);
    cache.setNode(node);
    cache.attached.setNode({
      apiVersion: "storage.k8s.io/v1",
      kind: "CSINode",
      metadata: { name: node.metadata.name },
      spec: { drivers: [{ name: "example.com", nodeID: "i", allocatable: { count: 40 } }] },
      status: {},
    });
    place(index);
    cache.removePod(podKey(podWithVolume(index - 30)));
    cache.removeNode(`n${index - 40}`);
    cache.attached.removeNode(`n${index - 40}`);
    if (index % 200 === 199) {
      bytes.push(cache.core.arena.bytes);
      counted.push(cache.attached.known);
    }
  }
  expect(bytes.at(-1)).toBeLessThan((bytes[2] ?? 0) * 1.01);
  // Forty nodes stand, thirty pods with half as many volumes.
  expect(counted.at(-1)).toBeLessThan(80);
}, 60_000);
