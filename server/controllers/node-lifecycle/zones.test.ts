import { expect, test } from "bun:test";
import type { Node } from "#gen/api/core/v1.ts";
import { Zones } from "./zones.ts";

let milliseconds = 0;
const clock = {
  now: () => new Date(milliseconds),
  monotonic: () => milliseconds,
  after: () => () => {},
};

function node(name: string, zone: string, ready: boolean): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
    spec: {},
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }] },
  };
}

function zonesOf(
  counts: Readonly<Record<string, readonly [ready: number, silent: number]>>,
): Zones {
  const zones = new Zones(clock);
  for (const [zone, [ready, silent]] of Object.entries(counts)) {
    for (let index = 0; index < ready; index++) zones.add(node(`r${index}`, zone, true));
    for (let index = 0; index < silent; index++) zones.add(node(`s${index}`, zone, false));
  }
  return zones;
}

const dead = node("s0", "a", false);

test("one node in ten seconds", () => {
  const zones = zonesOf({ a: [9, 1] });
  expect(zones.evictionWait(dead)).toBe(0);
  expect(zones.evictionWait(dead)).toBeCloseTo(10);
  milliseconds += 10_000;
  expect(zones.evictionWait(dead)).toBe(0);
});

test("most of a small zone silent: nothing is emptied", () => {
  expect(zonesOf({ a: [2, 8] }).evictionWait(dead)).toBe(10);
});

test("most of a large zone silent: ten times slower", () => {
  const zones = zonesOf({ a: [20, 40] });
  expect(zones.evictionWait(dead)).toBe(0);
  expect(zones.evictionWait(dead)).toBeCloseTo(100);
});

test("all of one zone silent: as usual; all of every zone: it is us", () => {
  expect(zonesOf({ a: [0, 9], b: [9, 0] }).evictionWait(dead)).toBe(0);
  expect(zonesOf({ a: [0, 9], b: [0, 9] }).evictionWait(dead)).toBe(10);
});

test("a node that comes back is counted so", () => {
  const zones = zonesOf({ a: [0, 4] });
  for (let index = 0; index < 3; index++) {
    zones.remove(node(`s${index}`, "a", false));
    zones.add(node(`s${index}`, "a", true));
  }
  expect(zones.evictionWait(dead)).toBe(0);
});
