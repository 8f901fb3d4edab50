/**
 * Our autoscaler on a stock API server, whose aggregator asks a server of the test's for metrics: custom metrics of
 * pods and of an object, and resource metrics, as adapters and metrics servers serve them.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority, issueCertificate } from "#apimachinery/pki.ts";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { runControllers } from "#controllers/runner.ts";
import { apiservices } from "#gen/api/apiregistration/v1.ts";
import { deployments } from "#gen/api/apps/v1.ts";
import { horizontalpodautoscalers, type MetricSpec } from "#gen/api/autoscaling/v2.ts";
import { pods, services } from "#gen/api/core/v1.ts";
import { missingPeers } from "#tests/support/peers.ts";
import { type StockServer, startStockServer } from "#tests/support/stock-server.ts";
import { eventually } from "./plane.ts";

const missing = missingPeers("etcd", "kube-apiserver").map((name) => `no stock ${name} is built`);
const reason = missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;
const patienceMs = 180_000;

const now = (): string => new Date().toISOString().replace(/\.\d+/, "");

/** What the server of metrics says of the pods that there are. */
function answer(path: string, names: readonly string[]): object | undefined {
  const [, , group = "", version = "", ...rest] = path.split("/");
  const apiVersion = `${group}/${version}`;
  if (rest.length === 0)
    return { kind: "APIResourceList", groupVersion: apiVersion, resources: [] };
  const [, , resource = "", name = ""] = rest;
  if (group === "metrics.k8s.io") {
    const items = names.map((pod) => ({
      metadata: { name: pod },
      timestamp: now(),
      window: "30s",
      containers: [{ name: "c", usage: { cpu: "150m", memory: "32Mi" } }],
    }));
    return { kind: "PodMetricsList", apiVersion, items };
  }
  const of = (kind: string, object: string, value: string) => ({
    describedObject: { kind, name: object },
    metric: { name: "requests" },
    timestamp: now(),
    value,
  });
  const items =
    resource === "pods"
      ? names.map((pod) => of("Pod", pod, "30"))
      : resource === "services"
        ? [of("Service", name, "70")]
        : undefined;
  return items === undefined ? undefined : { kind: "MetricValueList", apiVersion, items };
}

async function serveMetrics(names: () => readonly string[]): Promise<Server> {
  const authority = await createAuthority({ commonName: "metrics", now: new Date() });
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: "metrics",
    organizations: [],
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
    now: new Date(),
    days: 1,
  });
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "https://localhost");
    const body = pathname.startsWith("/apis/") ? answer(pathname, names()) : undefined;
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe.skipIf(reason !== "")(`on a stock API server${reason}`, () => {
  const stop = new AbortController();
  let stock: StockServer;
  let client: Client;
  let metrics: Server;
  let running: Promise<void>;
  let measured: readonly string[] = [];

  const register = async (group: string, version: string): Promise<void> => {
    const name = `${version}.${group}`;
    const { port } = metrics.address() as AddressInfo;
    await client.create(apiservices, "", {
      metadata: { name },
      spec: {
        group,
        version,
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { namespace: "default", name: "metrics", port },
      },
    });
    await eventually(
      `${name} available`,
      () => client.get(apiservices, "", name),
      ({ status }) =>
        status?.conditions?.some((it) => it.type === "Available" && it.status === "True") ?? false,
      60,
    );
  };

  beforeAll(async () => {
    stock = await startStockServer();
    client = clientFromKubeconfig(readKubeconfig(readFileSync(stock.kubeconfig, "utf8")));
    metrics = await serveMetrics(() => measured);
    const external = { type: "ExternalName" as const, externalName: "localhost" };
    await client.create(services, "default", { metadata: { name: "metrics" }, spec: external });
    await register("metrics.k8s.io", "v1beta1");
    await register("custom.metrics.k8s.io", "v1beta2");
    running = runControllers({ client, leaderElect: false, signal: stop.signal });
  }, patienceMs);
  afterAll(async () => {
    stop.abort();
    await running;
    metrics?.close();
    await stock?.stop();
  }, patienceMs);

  async function scaled(name: string, metric: MetricSpec): Promise<number> {
    const labels = { app: name };
    const containers = [{ name: "c", image: "i", resources: { requests: { cpu: "100m" } } }];
    const template = { metadata: { labels }, spec: { containers } };
    const selector = { matchLabels: labels };
    await client.create(deployments, "default", {
      metadata: { name },
      spec: { replicas: 2, selector, template },
    });
    const { items } = await eventually(
      `pods of ${name}`,
      () => client.list(pods, { namespace: "default", labelSelector: `app=${name}` }),
      (list) => list.items.length === 2,
      60,
    );
    const long = "2026-01-01T00:00:00Z";
    for (const pod of items) {
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime: long }];
      const status = { ...pod.status, phase: "Running" as const, startTime: long, conditions };
      await client.updateStatus(pods, { ...pod, status });
    }
    measured = items.map(({ metadata }) => metadata.name);
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name };
    await client.create(horizontalpodautoscalers, "default", {
      metadata: { name },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 9, metrics: [metric] },
    });
    const { status } = await eventually(
      `${name} scaled`,
      () => client.get(horizontalpodautoscalers, "default", name),
      (seen) => seen.status.lastScaleTime !== undefined,
      60,
    );
    const { spec } = await client.get(deployments, "default", name);
    expect(status.desiredReplicas).toBe(spec.replicas ?? 0);
    return status.desiredReplicas;
  }

  test(
    "by resource, by metric of pods, by metric of an object",
    async () => {
      const utilization = { type: "Utilization", averageUtilization: 100 };
      const cpu = { type: "Resource", resource: { name: "cpu", target: utilization } };
      expect(await scaled("cpu", cpu)).toBe(3);
      const metric = { name: "requests" };
      const average = { type: "AverageValue", averageValue: "15" };
      expect(await scaled("pods", { type: "Pods", pods: { metric, target: average } })).toBe(4);
      const describedObject = { apiVersion: "v1", kind: "Service", name: "metrics" };
      const share = { type: "AverageValue", averageValue: "25" };
      const object = { type: "Object", object: { describedObject, metric, target: share } };
      expect(await scaled("object", object)).toBe(3);
    },
    patienceMs,
  );
});
