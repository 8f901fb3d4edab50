/** Two candidates and one Lease on a real API server; time is the test's. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "#client/client.ts";
import { electLeader } from "#client/leader-election.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import { openPlane, type Plane } from "../controllers/plane.ts";
import { FakeClock } from "./fake-clock.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane({ controllers: false });
});
afterAll(() => plane.close());

function candidate(
  identity: string,
  name: string,
  clock: FakeClock,
  client: Client = plane.client,
) {
  const stop = new AbortController();
  const terms: string[] = [];
  const lead = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      terms.push("leads");
      signal.addEventListener("abort", () => {
        terms.push("stopped");
        resolve();
      });
    });
  const options = { client, name, identity, clock, random: () => 0 };
  const ended = electLeader(options, lead, stop.signal);
  return { terms, ended, stop: () => stop.abort() };
}

test("one leads; when it stops, the Lease is given back and the other leads at once", async () => {
  const clock = new FakeClock();
  const a = candidate("a", "handover", clock);
  await clock.advance(100);
  const b = candidate("b", "handover", clock);
  await clock.advance(60_000);
  expect([a.terms, b.terms]).toEqual([["leads"], []]);
  a.stop();
  await clock.advance(0);
  await a.ended;
  await clock.advance(4000);
  expect([a.terms, b.terms]).toEqual([["leads", "stopped"], ["leads"]]);
  const { spec } = await plane.client.get(leases, "kube-system", "handover");
  expect(spec.holderIdentity).toBe("b");
  b.stop();
  await clock.advance(0);
  await b.ended;
});

test("cut off, the leader stops before anybody else may lead", async () => {
  const clock = new FakeClock();
  let cut = false;
  const lost = new Error("no connection");
  const get: Client["get"] = (ref, namespace, name) =>
    cut ? Promise.reject(lost) : plane.client.get(ref, namespace, name);
  const update: Client["update"] = (ref, object) =>
    cut ? Promise.reject(lost) : plane.client.update(ref, object);
  const a = candidate("a", "cut", clock, { ...plane.client, get, update });
  await clock.advance(100);
  const b = candidate("b", "cut", clock);
  await clock.advance(10_000);
  cut = true;
  let bothLed = false;
  for (let second = 0; second < 30; second++) {
    await clock.advance(1000);
    if (a.terms.at(-1) === "leads" && b.terms.length > 0) bothLed = true;
  }
  expect(bothLed).toBe(false);
  expect([a.terms, b.terms]).toEqual([["leads", "stopped"], ["leads"]]);
  a.stop();
  b.stop();
  await clock.advance(0);
  await Promise.all([a.ended, b.ended]);
});

test("kept from the processor past the deadline and the lease, the leader goes on unless another leads", async () => {
  const clock = new FakeClock();
  const a = candidate("a", "stall", clock);
  await clock.advance(2500);
  const late = new FakeClock();
  const b = candidate("b", "stall", late);
  await late.advance(100);
  clock.stall(12_000);
  await clock.advance(2000);
  expect(a.terms).toEqual(["leads"]);
  await late.advance(9000);
  clock.stall(30_000);
  // For the other one no renewal came meanwhile.
  await late.advance(30_000);
  expect(b.terms).toEqual(["leads"]);
  await clock.advance(2000);
  expect(a.terms).toEqual(["leads", "stopped"]);
  a.stop();
  b.stop();
  await Promise.all([clock.advance(0), late.advance(0)]);
  await Promise.all([a.ended, b.ended]);
});
