/** An API server that does not validate hands an agent what it must survive; good pods beside it run on. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { componentUser } from "#cli/in-process-client.ts";
import type { Client } from "#client/client.ts";
import { systemClock } from "#client/clock.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { NodePods } from "#kubelet/node-pods.ts";
import { runSimulatedNodes } from "#kubelet/simulated/nodes.ts";
import { silent } from "#telemetry/log.ts";
import { eventually, openPlane, type Plane } from "#tests/controllers/plane.ts";

let plane: Plane;
let client: Client;
let node: NodePods | undefined;
let running: Promise<void>;
const stop = new AbortController();

beforeAll(async () => {
  plane = await openPlane();
  client = plane.client;
  running = runSimulatedNodes({
    names: ["n"],
    shared: client,
    clientFor: (name) => plane.clientOf(componentUser(`system:node:${name}`, "system:nodes")),
    addressOf: () => "127.0.0.1",
    port: 1,
    dns: {
      clusterDns: [],
      clusterDomain: "cluster.local",
      host: { servers: [], searches: [], options: [] },
    },
    clock: systemClock,
    logger: silent,
    signal: stop.signal,
    register: (_name, pods) => {
      node = pods;
    },
  });
});
afterAll(async () => {
  stop.abort();
  await running;
  await plane.close();
});

const create = (name: string): Promise<Pod> =>
  eventually(
    `create ${name}`,
    () =>
      client
        .create(pods, "default", {
          metadata: { name },
          spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] },
        })
        .catch(() => undefined),
    (seen) => seen !== undefined,
  ).then((seen) => {
    if (seen === undefined) throw new Error("not created");
    return seen;
  });
const phaseOf = (name: string) => async () => (await client.get(pods, "default", name)).status;

test("garbage is refused by name, and pods that come after it run", async () => {
  const kept = await create("garbled");
  await eventually("it runs", phaseOf("garbled"), ({ phase }) => phase === "Running");
  // As a watch of another server might bring them: under uids of their own, with a real pod's name.
  const garbage: readonly object[] = [
    { metadata: { ...kept.metadata, uid: "../../etc" } },
    { metadata: {}, spec: kept.spec },
    { metadata: { name: "x", namespace: "default", uid: "1" }, spec: { containers: "none" } },
    {
      metadata: { name: "y", namespace: "default", uid: "2" },
      spec: { containers: [{ name: "c", resources: { requests: { cpu: "lots" } } }] },
    },
  ];
  for (const one of garbage) {
    node?.changed(one as Pod);
    node?.deleted(one as Pod);
  }
  await create("good");
  const good = await eventually("good", phaseOf("good"), ({ phase }) => phase === "Running");
  expect(good.phase).toBe("Running");
  expect(node?.list().map(({ metadata }) => metadata.uid)).not.toContain("../../etc");
});
