import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { statsSummary } from "./summary.ts";
import { cpuSeconds, type Usage } from "./usage.ts";

const container = (name: string, cpuNanoseconds: number) => ({
  podUid: "u",
  name,
  time: 2_000,
  startedAt: 1_000,
  cpuNanoseconds,
  cpuNanoCores: 5,
  memoryBytes: 100,
  diskBytes: 7,
});
const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", uid: "u" },
  spec: { containers: [] },
  status: {},
};
const node = {
  time: 3_000,
  startedAt: 0,
  cpuSeconds: 12.5,
  memoryBytes: 4_096,
  memoryAvailableBytes: 1_024,
};
const usage: Usage = {
  node,
  pods: [
    { pod, containers: [container("a", 1.5e9), container("b", 0.5e9)] },
    { pod: { ...pod, metadata: { name: "waiting" } }, containers: [] },
  ],
};

test("metrics-server finds containers, pods and the node", () => {
  const lines = resourceMetrics(usage).split("\n");
  for (const line of [
    'container_cpu_usage_seconds_total{container="a",namespace="default",pod="web"} 1.5 2000',
    'container_start_time_seconds{container="b",namespace="default",pod="web"} 1',
    'pod_cpu_usage_seconds_total{namespace="default",pod="web"} 2 2000',
    'pod_memory_working_set_bytes{namespace="default",pod="web"} 200 2000',
    "node_cpu_usage_seconds_total 12.5 3000",
    "resource_scrape_error 0",
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.some((line) => line.includes("waiting"))).toBe(false);
});

test("the summary adds up a pod's containers and leaves out pods that run nothing", () => {
  const summary = statsSummary("n", usage);
  expect(summary.node.cpu.usageCoreNanoSeconds).toBe(12.5e9);
  expect(summary.pods.map(({ podRef }) => podRef.name)).toEqual(["web"]);
  expect(summary.pods[0]?.cpu.usageCoreNanoSeconds).toBe(2e9);
  expect(summary.pods[0]?.memory.workingSetBytes).toBe(200);
});

test("idle time is no use of the CPU", () => {
  expect(cpuSeconds("cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 2 3")).toBe(1.71);
});
