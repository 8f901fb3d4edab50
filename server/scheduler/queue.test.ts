import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Pod } from "#gen/api/core/v1.ts";
import { V_AFFINITY, V_FIT, V_TAINT } from "#gen/scheduler-abi.ts";
import { filterBit } from "./filter-bits.ts";
import type { ClusterEvent } from "./plugins/plugin.ts";
import { backoffOf, type QueuedPod, SchedulingQueue } from "./queue.ts";

function pod(name: string, spec: Partial<Pod["spec"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "n", uid: name },
    spec: { containers: [], ...spec },
    status: {},
  };
}

const [affinity, fit, taint] = [V_AFFINITY, V_FIT, V_TAINT].map(filterBit) as [
  number,
  number,
  number,
];

const removed: ClusterEvent = { kind: "pod", before: pod("gone") };
const added: ClusterEvent = { kind: "pod", pod: pod("come") };
const anything: ClusterEvent = { kind: "anything" };

function pop(queue: SchedulingQueue, now = 0): QueuedPod {
  const queued = queue.pop(now);
  if (queued === undefined) throw new Error("nothing waits");
  return queued;
}

describe("order", () => {
  test("higher priority first, then first come", () => {
    const queue = new SchedulingQueue();
    for (const [name, priority] of [
      ["a", 0],
      ["b", 5],
      ["c", 0],
      ["d", 5],
    ] as const) {
      queue.set(name, pod(name, { priority }));
    }
    expect(["", "", "", ""].map(() => pop(queue).key)).toEqual(["b", "d", "a", "c"]);
    expect(queue.pop(0)).toBeUndefined();
  });

  test("any priorities: what is popped never rises", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 })), (priorities) => {
        const queue = new SchedulingQueue();
        for (const [i, priority] of priorities.entries())
          queue.set(`p${i}`, pod(`p${i}`, { priority }));
        const popped = priorities.map(() => pop(queue));
        const sorted = [...popped].sort(
          (a, b) => b.priority - a.priority || a.sequence - b.sequence,
        );
        expect(popped).toEqual(sorted);
      }),
    );
  });
});

describe("refused pods", () => {
  test("sleep until an event that may lift the refusal", () => {
    const queue = new SchedulingQueue();
    queue.set("a", pod("a"));
    queue.refused(pop(queue), fit | taint, "");
    expect(queue.pop(60_000)).toBeUndefined();
    expect(queue.move(added)).toBe(0);
    expect(queue.move(removed)).toBe(1);
    expect(queue.counts()).toEqual({ active: 0, backoff: 1, unschedulable: 0, gated: 0 });
    expect(pop(queue, 60_000).attempts).toBe(2);
  });

  test("a wanted neighbour wakes; a change of the pod's spec wakes; its status does not", () => {
    const queue = new SchedulingQueue();
    const labelSelector = { matchLabels: { app: "db" } };
    const requiredDuringSchedulingIgnoredDuringExecution = [{ labelSelector, topologyKey: "zone" }];
    const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution };
    queue.set("a", pod("a", { affinity: { podAffinity } }));
    queue.refused(pop(queue), affinity, "");
    queue.set("a", { ...pod("a", { affinity: { podAffinity } }), status: { phase: "Pending" } });
    expect(queue.counts().unschedulable).toBe(1);
    expect(queue.move(added)).toBe(0);
    const neighbour = { ...pod("db"), metadata: { ...pod("db").metadata, labels: { app: "db" } } };
    expect(queue.move({ kind: "pod", pod: neighbour })).toBe(1);
    queue.refused(pop(queue, 5000), taint, "");
    queue.set("a", pod("a", { tolerations: [{ operator: "Exists" }] }));
    expect(queue.counts().backoff).toBe(1);
  });

  test("those that just failed let others go first", () => {
    const queue = new SchedulingQueue();
    queue.set("a", pod("a", { priority: 9 }));
    queue.refused(pop(queue, 1000), taint, "");
    queue.move(anything);
    queue.set("b", pod("b"));
    expect(pop(queue, 1500).key).toBe("b");
    // Nothing else waits: the backoff is cut short.
    expect(pop(queue, 1500).key).toBe("a");
  });

  test("are tried again after five minutes without an event", () => {
    const queue = new SchedulingQueue();
    queue.set("a", pod("a"));
    queue.refused(pop(queue, 0), taint, "");
    queue.flush(299_999);
    expect(queue.counts().unschedulable).toBe(1);
    queue.flush(300_000);
    expect(queue.counts().active).toBe(1);
  });

  test("back off longer each time, at most ten seconds", () => {
    expect([1, 2, 3, 4, 5, 50].map((attempts) => backoffOf(attempts))).toEqual([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
  });
});

test("a gated pod waits for its gates to go", () => {
  const queue = new SchedulingQueue();
  queue.set("a", pod("a", { schedulingGates: [{ name: "g" }] }));
  expect(queue.pop(0)).toBeUndefined();
  expect(queue.counts().gated).toBe(1);
  queue.move(anything);
  expect(queue.pop(0)).toBeUndefined();
  queue.set("a", pod("a"));
  expect(pop(queue).key).toBe("a");
});

test("a pod made again under its name is another pod", () => {
  const queue = new SchedulingQueue();
  queue.set("a", pod("a"));
  queue.refused(pop(queue), taint, "");
  queue.set("a", { ...pod("a"), metadata: { name: "a", namespace: "n", uid: "other" } });
  expect(pop(queue).attempts).toBe(1);
});

describe("pods that are alike", () => {
  const of = (count: number): SchedulingQueue => {
    const queue = new SchedulingQueue();
    for (let index = 0; index < count; index++) queue.set(`p${index}`, pod(`p${index}`));
    for (let index = 0; index < count; index++) queue.refused(pop(queue), fit, "alike");
    return queue;
  };
  const refuse = (queued: QueuedPod, queue: SchedulingQueue) => queue.refused(queued, fit, "alike");

  test("an event sends out one of them, in turn; refused again, it keeps the others from trying", () => {
    const queue = of(3);
    const tried = [1, 2, 3, 4].map((round) => {
      expect([queue.move(removed), queue.move(removed)]).toEqual([1, 0]);
      const scout = pop(queue, round * 60_000);
      expect(queue.pop(round * 60_000)).toBeUndefined();
      refuse(scout, queue);
      return scout.key;
    });
    expect(tried).toEqual(["p0", "p1", "p2", "p0"]);
  });

  test("who is placed is followed by two, who is gone or cannot be tried by one", () => {
    const queue = of(9);
    queue.move(removed);
    queue.placed(pop(queue, 60_000));
    const [first, second] = [pop(queue, 60_000), pop(queue, 60_000)];
    expect(queue.pop(60_000)).toBeUndefined();
    refuse(first, queue);
    queue.refused(second, taint, "alike");
    expect(queue.counts().backoff).toBe(1);
    queue.remove("p3");
    expect(queue.counts().backoff).toBe(1);
    queue.failed(pop(queue, 120_000));
    expect(queue.counts().backoff).toBe(2);
    queue.set("p5", pod("p5", { schedulingGates: [{ name: "g" }] }));
    expect(queue.counts()).toEqual({ active: 0, backoff: 2, unschedulable: 4, gated: 1 });
  });

  test("any room that comes is filled, and few tries are for nothing", () => {
    const freed = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), freed, (count, rooms) => {
        const queue = of(count);
        let room = 0;
        let placed = 0;
        for (const [index, more] of rooms.entries()) {
          room += more;
          queue.move(removed);
          let wasted = 0;
          const before = placed;
          const now = (index + 1) * 60_000;
          for (let next = queue.pop(now); next !== undefined; next = queue.pop(now)) {
            if (room > 0) {
              room--;
              placed++;
              queue.placed(next);
            } else {
              wasted++;
              refuse(next, queue);
            }
          }
          expect(room === 0 || queue.size === 0).toBe(true);
          expect(wasted).toBeLessThanOrEqual(placed - before + 1);
        }
        expect(queue.size).toBe(count - placed);
      }),
    );
  });
});

const goes = (name: string): ClusterEvent => ({ kind: "pod", before: pod(name) });

/** A pod that waits for its victims to go. */
function preemptor(victims: readonly string[], refusedBy = fit): SchedulingQueue {
  const queue = new SchedulingQueue();
  queue.set("n/a", pod("a"));
  const queued = pop(queue);
  queue.refused(queued, refusedBy, "");
  queue.hold(
    queued,
    victims.map((name) => `n/${name}`),
  );
  queue.release(queued, false);
  return queue;
}

describe("victims", () => {
  test("the last one to go wakes the pod, the others do not", () => {
    const queue = preemptor(["v", "w", "x"]);
    expect([queue.move(goes("w")), queue.move(goes("x"))]).toEqual([0, 0]);
    expect(queue.counts().unschedulable).toBe(1);
    expect(queue.move(goes("v"))).toBe(1);
    expect(queue.counts().backoff).toBe(1);
    expect(pop(queue, 5000).attempts).toBe(2);
  });

  test("the last one wakes it whatever had refused the pod: an earlier one may have helped", () => {
    const queue = preemptor(["v", "w"], taint);
    expect([queue.move(goes("v")), queue.move(goes("w"))]).toEqual([0, 1]);
  });

  test("while they are on their way out, what else helps does so at once", () => {
    const queue = preemptor(["v"]);
    const leaving = { ...pod("v").metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    queue.move({ kind: "pod", before: pod("v"), pod: { ...pod("v"), metadata: leaving } });
    expect(queue.counts().unschedulable).toBe(1);
    queue.move(goes("other"));
    expect(queue.counts().backoff).toBe(1);
  });

  test("none is seen to go for five minutes: the pod is tried all the same", () => {
    const queue = preemptor(["v"]);
    queue.move(anything);
    queue.flush(300_000);
    expect(queue.counts().active).toBe(1);
  });

  test("no try before the events show what the eviction did", () => {
    const queue = preemptor(["v", "w"]);
    queue.move(anything);
    expect(queue.counts().unschedulable).toBe(1);
    queue.move(goes("v"));
    expect(queue.counts().unschedulable).toBe(1);
    const leaving = { ...pod("w").metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    queue.move({ kind: "pod", before: pod("w"), pod: { ...pod("w"), metadata: leaving } });
    expect(queue.counts().backoff).toBe(1);
  });

  test("gone before all were told to go: tried when they are told", () => {
    const queue = new SchedulingQueue();
    queue.set("n/a", pod("a"));
    const queued = pop(queue);
    queue.refused(queued, fit, "");
    queue.hold(queued, ["n/v"]);
    queue.move(goes("v"));
    expect(queue.counts().unschedulable).toBe(1);
    queue.release(queued, false);
    expect(queue.counts().backoff).toBe(1);
  });

  test("one victim of two pods wakes both; who was tried meanwhile waits for it no more", () => {
    const queue = preemptor(["v"]);
    queue.set("n/b", pod("b"));
    const other = pop(queue);
    queue.refused(other, fit, "b");
    queue.hold(other, ["n/v", "n/w"]);
    queue.release(other, true);
    queue.refused(pop(queue), fit, "b");
    expect(queue.move(goes("v"))).toBe(2);
    expect(queue.move(goes("w"))).toBe(0);
  });
});

test("any course of events: a pod is in one place, and none is lost", () => {
  const step = fc.record({
    what: fc.constantFrom("set", "pop", "place", "refuse", "fail", "move", "remove", "flush"),
    name: fc.integer({ min: 0, max: 5 }),
    bits: fc.constantFrom(0, affinity, taint, fit),
    event: fc.constantFrom(removed, added, anything),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new SchedulingQueue();
      const waiting = new Set<string>();
      const popped: QueuedPod[] = [];
      let now = 0;
      for (const { what, name, bits, event } of steps) {
        now += 700;
        const key = `p${name}`;
        if (what === "set" && !popped.some((queued) => queued.key === key)) {
          queue.set(key, pod(key));
          waiting.add(key);
        } else if (what === "remove") {
          queue.remove(key);
          waiting.delete(key);
        } else if (what === "move") queue.move(event);
        else if (what === "flush") queue.flush(now + 400_000);
        else if (what === "pop") {
          const next = queue.pop(now);
          if (next !== undefined) popped.push(next);
          if (next !== undefined) expect(waiting.delete(next.key)).toBe(true);
        } else {
          const back = popped.pop();
          if (back === undefined) continue;
          if (what === "place") {
            queue.placed(back);
            continue;
          }
          if (what === "refuse") queue.refused(back, bits, "");
          else queue.failed(back);
          waiting.add(back.key);
        }
        const { active, backoff, unschedulable, gated } = queue.counts();
        expect(active + backoff + unschedulable + gated).toBe(waiting.size);
      }
      queue.flush(now + 400_000);
      const drained = new Set([...waiting].map(() => queue.pop(now + 500_000)?.key));
      expect(drained).toEqual(waiting);
    }),
  );
});

test("a hope that is gone wakes whom it kept out, and its own pod but where that was turned away at Permit", () => {
  const queue = new SchedulingQueue();
  const names = ["outranked", "higher", "turned-away"];
  for (const name of names) queue.set(name, pod(name, { priority: name === "higher" ? 9 : 5 }));
  for (const _ of names) {
    const queued = pop(queue);
    queue.refused(queued, queued.key === "turned-away" ? 0 : fit, queued.key);
  }
  expect(queue.move({ kind: "pod", before: pod("turned-away", { priority: 5 }), upTo: 5 })).toBe(1);
  expect(queue.pop(0)?.key).toBe("outranked");
  expect(queue.pop(0)).toBeUndefined();
  expect(queue.move(anything)).toBe(2);
});
