/**
 * What a request costs the API server itself: processor time of the app over memory storage, without sockets
 * and without Postgres. Authorization, admission, validation and encoding are those of the product.
 */
import process from "node:process";
import { decodeProtobuf, encodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { createClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import { inProcessTransport } from "#apiserver/in-process.ts";
import { componentUser } from "#cli/in-process-client.ts";
import { openServer, watchIndexes } from "#cli/open-server.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import { silent } from "#telemetry/log.ts";
import type { Bench } from "./main.ts";

type Transport = (request: Request) => Promise<Response>;
const protobuf = "application/vnd.kubernetes.protobuf";
const base = "https://bench/api/v1/namespaces/default";
/** Requests under way at a time. */
const width = 16;

async function send(transport: Transport, method: string, path: string, object?: object) {
  const bytes =
    object === undefined
      ? null
      : new Uint8Array(encodeProtobuf(object as { apiVersion: string; kind: string }));
  const headers = { accept: protobuf, "content-type": protobuf };
  const response = await transport(new Request(base + path, { method, headers, body: bytes }));
  const body = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${JSON.stringify(decodeProtobuf(body))}`);
  }
}

interface Shape {
  readonly title: string;
  request(transport: Transport, index: number): Promise<void>;
}

const configMap = (index: number) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `c-${index}`, namespace: "default" },
  data: { a: "x".repeat(1024) },
});

const pod = (index: number) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `p-${index}`, namespace: "default", labels: { app: "bench" } },
  spec: {
    containers: [
      {
        name: "c",
        image: "example.test/pause:1",
        resources: { requests: { cpu: "100m", memory: "128Mi" } },
      },
    ],
  },
});

const binding = (index: number) => ({
  apiVersion: "v1",
  kind: "Binding",
  metadata: { name: `p-${index}`, namespace: "default" },
  target: { apiVersion: "v1", kind: "Node", name: "node-1" },
});

const shapes: readonly Shape[] = [
  {
    title: "create ConfigMap of 1 KB",
    request: (transport, index) => send(transport, "POST", "/configmaps", configMap(index)),
  },
  {
    title: "get ConfigMap",
    request: (transport, index) => send(transport, "GET", `/configmaps/c-${index}`),
  },
  {
    title: "create Pod",
    request: (transport, index) => send(transport, "POST", "/pods", pod(index)),
  },
  {
    title: "bind Pod",
    request: (transport, index) =>
      send(transport, "POST", `/pods/p-${index}/binding`, binding(index)),
  },
];

async function openBenchServer() {
  const storage = openMemoryStorage();
  const cache = await openWatchCache(storage, { indexes: watchIndexes });
  const secrets = await createClusterSecrets({ now: new Date() });
  const server = await openServer({
    cache,
    secrets,
    serviceCidr: "10.96.0.0/16",
    kubernetesServiceIp: "10.96.0.1",
    port: 6443,
    logger: silent,
  });
  const admin = componentUser("admin", "system:masters", "system:authenticated");
  const transport = inProcessTransport(server.app, admin);
  await send(transport, "POST", "/serviceaccounts", {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  return {
    transport,
    async close() {
      await server.close();
      await cache.close();
      await storage.close();
    },
  };
}

/** Processor microseconds a request, all threads of this process. */
async function measure(transport: Transport, shape: Shape, count: number): Promise<number> {
  const before = process.cpuUsage();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await shape.request(transport, next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

export async function benchApi(count: number, print: (line: string) => void): Promise<void> {
  const { transport, close } = await openBenchServer();
  for (const shape of shapes) {
    const micros = await measure(transport, shape, count);
    const rate = Math.round(1e6 / micros).toLocaleString("en");
    print(
      `${shape.title.padEnd(26)} ${count} requests, ${micros.toFixed(0)} µs each: ${rate}/s of one core`,
    );
  }
  await close();
}

export const api: Bench = { name: "api", run: (print) => benchApi(20_000, print) };
