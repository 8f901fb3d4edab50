/** Services take their addresses from every ServiceCIDR, and hold the range that they have one of. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { isReason } from "#apimachinery/status.ts";
import { systemClock } from "#client/clock.ts";
import { services } from "#gen/api/core/v1.ts";
import { ipaddresses, servicecidrs } from "#gen/api/networking/v1.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  // Ranges that are deleted go ten seconds later: those of this clock are soon over.
  const now = (): Date => new Date(Date.now() + 60_000);
  plane = await openPlane({ clock: { ...systemClock, now } });
});
afterAll(() => plane.close());

const makeService = (name: string, clusterIP?: string) =>
  plane.client.create(services, "default", {
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...(clusterIP === undefined ? {} : { clusterIP }) },
  });

const conditionOf = async (name: string) => {
  const { status } = await plane.client.get(servicecidrs, "", name);
  return status?.conditions?.find(({ type }) => type === "Ready");
};

test("a range that is added gives addresses, and stays while a service has one", async () => {
  await expect(makeService("early", "10.200.0.5")).rejects.toThrow(
    "failed to allocate IP 10.200.0.5: the provided network does not match the current range",
  );
  await plane.client.create(servicecidrs, "", {
    metadata: { name: "more" },
    spec: { cidrs: ["10.200.0.0/28"] },
  });
  await eventually(
    "its readiness",
    () => conditionOf("more"),
    (it) => it?.status === "True",
  );
  await makeService("one", "10.200.0.5");
  const { spec } = await plane.client.get(ipaddresses, "", "10.200.0.5");
  expect(spec.parentRef).toEqual({ resource: "services", namespace: "default", name: "one" });
  await plane.client.delete(servicecidrs, "", "more");
  const blocked = await eventually(
    "its refusal",
    () => conditionOf("more"),
    (it) => it?.status === "False",
  );
  expect(blocked?.reason).toBe("Terminating");
  await expect(makeService("late", "10.200.0.6")).rejects.toThrow("does not match the current");
  await plane.client.delete(services, "default", "one");
  const isGone = () =>
    plane.client.get(servicecidrs, "", "more").then(
      () => false,
      (error: unknown) => isReason(error, "NotFound"),
    );
  await eventually("its end", isGone, Boolean);
  expect(plane.complaints).toEqual([]);
});

test("the cluster's own range is held and ready", async () => {
  const { metadata, spec } = await plane.client.get(servicecidrs, "", "kubernetes");
  expect(metadata.finalizers).toEqual(["networking.k8s.io/service-cidr-finalizer"]);
  expect(spec.cidrs).toEqual(["10.96.0.0/16"]);
  expect((await conditionOf("kubernetes"))?.message).toBe("Kubernetes Service CIDR is ready");
});
