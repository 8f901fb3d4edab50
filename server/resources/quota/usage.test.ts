import { expect, test } from "bun:test";
import { pods } from "#gen/api/core/v1.ts";
import { type DeviceRequest, type ResourceClaim, resourceclaims } from "#gen/api/resource/v1.ts";
import { concerns, usageOf } from "./usage.ts";

const now = new Date("2026-01-01T00:00:00Z");
const suffix = ".deviceclass.resource.k8s.io/devices";

function claimOf(requests: DeviceRequest[]): ResourceClaim {
  const about = { apiVersion: "resource.k8s.io/v1", kind: "ResourceClaim" } as const;
  return { ...about, metadata: { name: "c" }, spec: { devices: { requests } }, status: {} };
}

test("a claim counts by the classes of its devices, alternatives by the most of each", () => {
  const claim = claimOf([
    { name: "one", exactly: { deviceClassName: "gpu", count: 2 } },
    { name: "all", exactly: { deviceClassName: "nic", allocationMode: "All" } },
    {
      name: "either",
      firstAvailable: [
        { name: "a", deviceClassName: "gpu", count: 3 },
        { name: "b", deviceClassName: "gpu" },
        { name: "c", deviceClassName: "old" },
      ],
    },
  ]);
  expect(usageOf(resourceclaims, claim, now)).toEqual({
    "count/resourceclaims.resource.k8s.io": "1",
    [`gpu${suffix}`]: "5",
    [`nic${suffix}`]: "32",
    [`old${suffix}`]: "1",
  });
  expect(concerns(resourceclaims, `gpu${suffix}`)).toBe(true);
  expect(concerns(resourceclaims, "requests.cpu")).toBe(false);
});

test("a pod's requests of what a class of devices stands for count", () => {
  const name = "deviceclass.resource.kubernetes.io/gpu";
  const requests = { [name]: "2" };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", resources: { requests } }] },
    status: {},
  };
  expect(usageOf(pods, pod, now)).toMatchObject({ [`requests.${name}`]: "2" });
  expect(concerns(pods, `requests.${name}`)).toBe(true);
});
