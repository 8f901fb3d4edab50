/** Every pod that fits is placed: by a bounded number of rounds, over a restart, and with bindings refused. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { alikeOf } from "#scheduler/alike.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { type QueuedPod, SchedulingQueue } from "#scheduler/queue.ts";
import { eventually } from "#tests/controllers/plane.ts";
import { addNode, addPod, bound, closersOfEach, openCluster, startScheduler } from "./plane.ts";

const closers = closersOfEach();

function podOf(name: string, cpu: number, priority: number): Pod {
  const requests = { cpu: `${cpu}m` };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "n", uid: name },
    spec: { priority, containers: [{ name: "c", resources: { requests } }] },
    status: {},
  };
}

const step = fc.record({
  cpu: fc.integer({ min: 1, max: 900 }),
  priority: fc.integer({ min: 0, max: 2 }),
});

/** Tries every pod that may be tried at `now`; returns the placed ones. */
function round(cache: SchedulerCache, queue: SchedulingQueue, now: number): QueuedPod[] {
  const placed: QueuedPod[] = [];
  for (let left = queue.size; left > 0; left--) {
    const queued = queue.pop(now);
    if (queued === undefined) break;
    const { pod } = queued;
    const [encoded] = cache.encode([pod]);
    if (encoded === undefined) throw new Error("a pod is encoded");
    const done = cache.schedule([encoded], (_, slot) => {
      queue.placed(queued);
      cache.assume(pod, encoded, slot);
      placed.push(queued);
    });
    if (done === 1) continue;
    const { filters } = refusalOf(cache, encoded, { pod, eligible: () => null });
    queue.refused(queued, filters, alikeOf(queued, encoded));
  }
  return placed;
}

test("no pod starves: whoever fits an empty node is placed while others come and go", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const cache = new SchedulerCache({ seed: 1 });
      const allocatable = { cpu: "1", memory: "1Gi", pods: "10" };
      cache.setNode({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "a" },
        spec: {},
        status: { allocatable },
      });
      const queue = new SchedulingQueue();
      for (const [index, { cpu, priority }] of steps.entries()) {
        const pod = podOf(`p${index}`, cpu, priority);
        queue.set(podKey(pod), pod);
      }
      const waiting = new Set(steps.map((_, index) => `n/p${index}`));
      // The longest backoff passes between rounds, and those who ran leave.
      for (let rounds = 0; rounds <= steps.length && waiting.size > 0; rounds++) {
        for (const { pod } of round(cache, queue, rounds * 11_000)) {
          waiting.delete(podKey(pod));
          cache.removePod(podKey(pod));
          queue.move({ kind: "pod", before: pod });
        }
      }
      expect([...waiting]).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

const hindered = fc.record({
  cpu: fc.integer({ min: 1, max: 900 }),
  priority: fc.integer({ min: 0, max: 2 }),
  /** Rounds until its gate is lifted; 0: it has none. */
  gated: fc.integer({ min: 0, max: 3 }),
  /** Rounds that it waits at Permit each time. */
  waits: fc.integer({ min: 0, max: 3 }),
  /** Times that it is turned away there. */
  refusals: fc.integer({ min: 0, max: 2 }),
});

test("no pod starves behind gates and Permit: who waits there holds its room no longer than it waits", () => {
  /** A minute a round: longer than any backoff; who no event helps is tried again after five. */
  const roundMs = 60_000;
  const retried = 6;
  fc.assert(
    fc.property(fc.array(hindered, { minLength: 1, maxLength: 12 }), (hindrances) => {
      const cache = new SchedulerCache({ seed: 1 });
      cache.setNode({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "a" },
        spec: {},
        status: { allocatable: { cpu: "1", memory: "1Gi", pods: "10" } },
      });
      const queue = new SchedulingQueue();
      const about = new Map(hindrances.map((one, index) => [`n/p${index}`, { ...one }]));
      const plain = hindrances.map(({ cpu, priority }, index) => podOf(`p${index}`, cpu, priority));
      for (const pod of plain) {
        const gated = (about.get(podKey(pod))?.gated ?? 0) > 0;
        const schedulingGates = gated ? [{ name: "g" }] : undefined;
        queue.set(podKey(pod), { ...pod, spec: { ...pod.spec, schedulingGates } });
      }
      const waiting: { readonly queued: QueuedPod; readonly until: number }[] = [];
      const settle = (queued: QueuedPod) => {
        const own = about.get(queued.key);
        cache.removePod(queued.key);
        queue.move({ kind: "pod", before: queued.pod });
        if (own === undefined || own.refusals-- <= 0) about.delete(queued.key);
        else queue.refused(queued, 0, queued.key);
      };
      const sum = hindrances.reduce(
        (all, { gated, waits, refusals }) => all + gated + (1 + refusals) * (1 + waits + retried),
        0,
      );
      for (let rounds = 0; rounds <= sum && about.size > 0; rounds++) {
        const now = rounds * roundMs;
        queue.flush(now);
        for (const pod of plain)
          if (rounds > 0 && about.get(podKey(pod))?.gated === rounds) queue.set(podKey(pod), pod);
        const due = waiting.filter(({ until }) => until <= rounds);
        for (const one of due) {
          waiting.splice(waiting.indexOf(one), 1);
          settle(one.queued);
        }
        for (const queued of round(cache, queue, now)) {
          expect(queued.pod.spec.schedulingGates).toBeUndefined();
          const waits = about.get(queued.key)?.waits ?? 0;
          if (waits === 0) settle(queued);
          else waiting.push({ queued, until: rounds + waits });
        }
      }
      expect([...about.keys()]).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("a scheduler that starts amid pending and bound pods places the rest; no node gets too much", async () => {
  const plane = await openCluster(closers);
  for (const name of ["a", "b", "c"]) await addNode(plane, name);
  const names = Array.from({ length: 40 }, (_, index) => `p${index}`);
  const first = startScheduler(plane, closers);
  await Promise.all(names.slice(0, 25).map((name) => addPod(plane, name)));
  await first.close();
  await Promise.all(names.slice(25).map((name) => addPod(plane, name)));
  startScheduler(plane, closers);
  await eventually(
    "all are bound",
    async () => (await plane.client.list(pods, { namespace: "default" })).items,
    (items) => items.length === 40 && items.every(({ spec }) => Boolean(spec.nodeName)),
  );
  const { items } = await plane.client.list(pods, { namespace: "default" });
  for (const node of ["a", "b", "c"])
    expect(items.filter(({ spec }) => spec.nodeName === node).length).toBeLessThanOrEqual(20);
}, 60_000);

test("two schedulers without an election: the API lets one binding win, every pod runs once", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  await addNode(plane, "b");
  startScheduler(plane, closers, { seed: 1 });
  startScheduler(plane, closers, { seed: 2 });
  const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
  await Promise.all(names.map((name) => addPod(plane, name)));
  for (const name of names) expect(["a", "b"]).toContain(await bound(plane, name));
  const { items } = await plane.client.list(pods, { namespace: "default" });
  for (const node of ["a", "b"])
    expect(items.filter(({ spec }) => spec.nodeName === node).length).toBeLessThanOrEqual(20);
}, 60_000);
