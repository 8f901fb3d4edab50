/** In-flight limits: one user's flood leaves room for others, and what must go through does. */
import { expect, test } from "bun:test";
import type { RequestInfo, UserInfo } from "#apiserver/attributes.ts";
import { Metrics } from "#apiserver/metrics.ts";
import { InFlight } from "./max-in-flight.ts";

const user = (name: string, ...groups: string[]): UserInfo => ({
  name,
  uid: "",
  groups,
  extra: {},
});
const asking = (verb: string, resource = "pods", path = ""): RequestInfo => ({
  isResourceRequest: path === "",
  verb,
  path,
  group: "",
  version: "v1",
  resource,
  subresource: "",
  namespace: "",
  name: "",
});

function entered(inFlight: InFlight, count: number, info: RequestInfo, who: UserInfo): number {
  let granted = 0;
  for (let at = 0; at < count; at++) {
    try {
      inFlight.enter(info, who);
      granted += 1;
    } catch {
      // Counted by not being counted.
    }
  }
  return granted;
}

test("one user fills half of a lane, three fill all of it, and administrators always enter", () => {
  const metrics = new Metrics();
  const inFlight = new InFlight(metrics);
  expect(entered(inFlight, 500, asking("create"), user("a"))).toBe(100);
  expect(entered(inFlight, 80, asking("create"), user("b"))).toBe(80);
  expect(entered(inFlight, 80, asking("create"), user("c"))).toBe(20);
  expect(entered(inFlight, 500, asking("list"), user("a"))).toBe(200);
  expect(entered(inFlight, 1, asking("create"), user("d", "system:masters"))).toBe(1);
  expect(metrics.rejected).toBe(400 + 60 + 300);
});

test("leases and probes enter a full lane", () => {
  const inFlight = new InFlight(new Metrics());
  entered(inFlight, 500, asking("update"), user("a"));
  entered(inFlight, 500, asking("get"), user("a"));
  expect(entered(inFlight, 1, asking("update", "leases"), user("a"))).toBe(1);
  expect(entered(inFlight, 1, asking("get", "", "/readyz"), user("a"))).toBe(1);
  expect(entered(inFlight, 1, asking("get", "", "/metrics"), user("a"))).toBe(0);
});

test("who leaves makes room", () => {
  const metrics = new Metrics();
  const inFlight = new InFlight(metrics);
  const leave = inFlight.enter(asking("create"), user("a"));
  entered(inFlight, 500, asking("create"), user("a"));
  leave();
  expect(metrics.inflight.mutating).toBe(99);
  expect(entered(inFlight, 2, asking("create"), user("a"))).toBe(1);
});
