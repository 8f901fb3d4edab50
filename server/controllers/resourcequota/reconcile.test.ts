import { expect, test } from "bun:test";
import { configmaps, type Pod, pods, type ResourceQuota, services } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { reconcile } from "./reconcile.ts";

const now = new Date("2026-11-21T12:00:00Z");

const quotaOf = (
  spec: ResourceQuota["spec"],
  status: ResourceQuota["status"] = {},
): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q", namespace: "a", resourceVersion: "5" },
  spec,
  status,
});

const podOf = (name: string, cpu: string | undefined, rest: Partial<Pod["spec"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "a" },
  spec: {
    containers: [{ name: "c", resources: cpu === undefined ? {} : { requests: { cpu } } }],
    ...rest,
  },
  status: {},
});

const statusAfter = (quota: ResourceQuota, objects: readonly KubeObject[], ref = pods as never) => {
  const effects = reconcile(quota, [{ ref, objects, isWatched: true }], now);
  const [first] = effects;
  return first?.effect === "update" ? (first.object as ResourceQuota).status : undefined;
};

test("requests of pods add up, ended ones take nothing but their place", () => {
  const quota = quotaOf({ hard: { pods: "5", "requests.cpu": "1", "count/pods": "9" } });
  const ended = { ...podOf("c", "400m"), status: { phase: "Succeeded" } } as Pod;
  expect(statusAfter(quota, [podOf("a", "100m"), podOf("b", "250m"), ended])).toEqual({
    hard: { pods: "5", "requests.cpu": "1", "count/pods": "9" },
    used: { pods: "2", "requests.cpu": "350m", "count/pods": "3" },
  });
});

test("scopes choose whom a quota is about", () => {
  const quota = quotaOf({ hard: { pods: "5" }, scopes: ["BestEffort"] });
  const deadline = podOf("d", undefined, { activeDeadlineSeconds: 3 });
  expect(statusAfter(quota, [podOf("a", "1"), podOf("b", undefined), deadline])?.used).toEqual({
    pods: "2",
  });
  const both = quotaOf({ hard: { pods: "5" }, scopes: ["BestEffort", "Terminating"] });
  expect(statusAfter(both, [podOf("b", undefined), deadline])?.used).toEqual({ pods: "1" });
});

test("a priority class is matched by name", () => {
  const scopeSelector = {
    matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
  } as const;
  const quota = quotaOf({
    hard: { pods: "5" },
    scopeSelector: structuredClone(scopeSelector) as never,
  });
  const high = podOf("h", "1", { priorityClassName: "high" });
  expect(statusAfter(quota, [high, podOf("l", "1")])?.used).toEqual({ pods: "1" });
});

test("services take node ports", () => {
  const spec = { type: "NodePort", ports: [{ port: 1 }, { port: 2 }] };
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec } as never;
  const quota = quotaOf({ hard: { services: "3", "services.nodeports": "4" } });
  expect(statusAfter(quota, [service], services as never)?.used).toEqual({
    services: "1",
    "services.nodeports": "2",
  });
});

test("a status that says so already is left alone", () => {
  const hard = { pods: "5", "requests.cpu": "1000m" };
  const quota = quotaOf(
    { hard },
    { hard: { pods: "5", "requests.cpu": "1" }, used: { pods: "1", "requests.cpu": "0.5" } },
  );
  expect(
    reconcile(quota, [{ ref: pods, objects: [podOf("a", "500m")], isWatched: true }], now),
  ).toEqual([]);
});

test("kinds that nobody watches are looked at again while they hold something", () => {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" } } as never;
  const quota = quotaOf({ hard: { configmaps: "2" } });
  const counted = { ref: configmaps, objects: [map], isWatched: false };
  expect(reconcile(quota, [counted], now).map(({ effect }) => effect)).toEqual([
    "update",
    "requeueAfter",
  ]);
});
