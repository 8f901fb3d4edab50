/** Refused pods that wait as one: none of them would have been told anything else, and none waits longer for it. */
import { expect, test } from "bun:test";
import type { Pod, PodSpec } from "#gen/api/core/v1.ts";
import { alikeOf } from "#scheduler/alike.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { schedulerMetrics } from "#scheduler/metrics.ts";
import { MetricRegistry } from "#telemetry/metrics.ts";
import {
  addNode,
  addPod,
  bound,
  closersOfEach,
  openCluster,
  scheduledCondition,
  startScheduler,
} from "./plane.ts";
import { Random } from "./random.ts";
import { randomNamespaces, randomNode, randomPod } from "./random-objects.ts";

const closers = closersOfEach();

function pinnedTo(node: string): Partial<PodSpec> {
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  };
}

function variants(pod: Pod): Pod[] {
  const { metadata, spec } = pod;
  const other = (name: string, change: Partial<PodSpec>, meta: object = {}): Pod => ({
    ...pod,
    metadata: { ...metadata, name: `${metadata.name}-${name}`, uid: name, ...meta },
    spec: { ...spec, ...change },
  });
  return [
    pod,
    other("twin", {}),
    other("restarted", { restartPolicy: "Never" }),
    other("elsewhere", {}, { namespace: "b" }),
    other("unlabelled", {}, { labels: undefined }),
    other("higher", { priority: (spec.priority ?? 0) + 1000 }),
    other("meek", { preemptionPolicy: "Never" }),
    other("here", pinnedTo("n1")),
    other("there", pinnedTo("n2")),
    other("nowhere", pinnedTo("n99")),
  ];
}

test("pods that are alike are refused by the same filters, for the same reasons", () => {
  let compared = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const cache = new SchedulerCache({ seed });
    for (const [name, labels] of Object.entries(randomNamespaces(random)))
      cache.setNamespace(name, labels);
    const names: [string, ...string[]] = ["n1", "n2", "n3"];
    for (const name of names) cache.setNode(randomNode(random, name));
    for (let i = 0; i < 10; i++) {
      const pod = randomPod(random, `s${i}`, names);
      cache.setPod({ ...pod, spec: { ...pod.spec, nodeName: random.pick(names) } });
    }
    const told = new Map<string, string>();
    for (let i = 0; i < 6; i++) {
      for (const pod of variants(randomPod(random, `p${i}`, names))) {
        const [encoded] = cache.encode([pod]);
        if (encoded === undefined) throw new Error("a pod is encoded");
        const { cls, pin } = encoded;
        const fits =
          encoded.refusal === undefined && cache.core.calls.choose(cls.address, pin) >= 0;
        const refusal = fits
          ? undefined
          : refusalOf(cache, encoded, { pod, eligible: () => undefined });
        const what = JSON.stringify([fits, refusal?.message, refusal?.filters]);
        const alike = alikeOf({ key: podKey(pod), pod }, encoded);
        if (told.has(alike)) compared++;
        expect([seed, pod.metadata.name, told.get(alike) ?? what]).toEqual([
          seed,
          pod.metadata.name,
          what,
        ]);
        told.set(alike, what);
      }
    }
  }
  expect(compared).toBeGreaterThan(250);
}, 60_000);

test("each pod that is pinned to a node hears of that node", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "first");
  startScheduler(plane, closers);
  for (const name of ["a", "b", "c"]) await addPod(plane, name, pinnedTo(name));
  await addPod(plane, "last");
  await bound(plane, "last");
  for (const name of ["c", "b"]) {
    await addNode(plane, name);
    expect(await bound(plane, name)).toBe(name);
  }
}, 30_000);

test("a pod that this scheduler binds wakes who wants to be near it, and nobody who waits for room", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "n1", { zone: "z" });
  const registry = new MetricRegistry();
  startScheduler(plane, closers, { metrics: schedulerMetrics(registry) });
  const requests = { cpu: "9" };
  await addPod(plane, "huge", { containers: [{ name: "c", image: "x", resources: { requests } }] });
  const labelSelector = { matchLabels: { app: "web" } };
  const terms = [{ labelSelector, topologyKey: "zone" }];
  const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: terms };
  await addPod(plane, "near", { affinity: { podAffinity } });
  for (const name of ["huge", "near"]) await scheduledCondition(plane, name);
  await addPod(plane, "web", {}, { app: "web" });
  for (const name of ["web", "near"]) expect(await bound(plane, name)).toBe("n1");
  expect(registry.text()).toMatch(/attempts_total\{[^}]*result="unschedulable"[^}]*\} 2\n/);
}, 30_000);
