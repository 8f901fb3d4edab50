/** Every pod that fits is placed: by a bounded number of rounds, over a restart, and with bindings refused. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { SchedulingQueue } from "#scheduler/queue.ts";
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
function round(cache: SchedulerCache, queue: SchedulingQueue, now: number): Pod[] {
  const placed: Pod[] = [];
  for (let left = queue.size; left > 0; left--) {
    const queued = queue.pop(now);
    if (queued === undefined) break;
    const { pod } = queued;
    const [encoded] = cache.encode([pod]);
    if (encoded === undefined) throw new Error("a pod is encoded");
    const done = cache.schedule([encoded], (_, slot) => {
      cache.assume(pod, encoded, slot);
      placed.push(pod);
    });
    if (done === 1) continue;
    queue.refused(queued, refusalOf(cache, encoded, { pod, eligible: () => null }).filters, "");
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
        for (const pod of round(cache, queue, rounds * 11_000)) {
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
