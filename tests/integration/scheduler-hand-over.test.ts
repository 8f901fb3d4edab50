/**
 * Schedulers that die at their work, beside a real server with simulated nodes: every pod is bound once, and no node
 * gets more than it takes. KUBUN_PENDING_PODS=5000 is the long form, with upstream's times of the lease.
 */
import { afterEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "#client/client.ts";
import { createInformer } from "#client/informer.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { type Lease, leases } from "#gen/api/coordination/v1.ts";
import { nodes, type Pod, pods, serviceaccounts } from "#gen/api/core/v1.ts";
import { silent } from "#telemetry/log.ts";
import {
  type RunningCluster,
  type RunningVerb,
  removeDataDir,
  startCluster,
  startVerb,
  waitFor,
} from "#tests/support/cluster.ts";

const count = Number(process.env["KUBUN_PENDING_PODS"] ?? 400);
const isLong = count >= 5000;
/** As many nodes as the pods just need: 110 fit on one. */
const nodeCount = Math.ceil(count / 100);
const podsPerNode = 110;
const minutesMax = 5;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What the API told of bindings, in its order. */
class Bindings {
  readonly nodeOf = new Map<string, string>();
  readonly moved: string[] = [];

  note({ metadata, spec }: Pod): void {
    if (!spec.nodeName) return;
    const known = this.nodeOf.get(metadata.name);
    if (known === undefined) this.nodeOf.set(metadata.name, spec.nodeName);
    else if (known !== spec.nodeName)
      this.moved.push(`${metadata.name}: ${known} ${spec.nodeName}`);
  }
}

interface World {
  readonly cluster: RunningCluster;
  readonly client: Client;
  readonly bindings: Bindings;
}

async function openWorld(): Promise<World> {
  const flags = ["--runtime", "simulated", "--nodes", String(nodeCount), "--no-scheduler"];
  const cluster = await startCluster(flags);
  closers.push(async () => {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  });
  const client = clientFromKubeconfig(readKubeconfig(readFileSync(cluster.kubeconfig, "utf8")), {
    userAgent: "test",
  });
  await waitFor("nodes", async () => (await client.list(nodes)).items.length === nodeCount);
  await waitFor("the service account", () =>
    client.get(serviceaccounts, "default", "default").then(
      () => true,
      () => false,
    ),
  );
  const bindings = new Bindings();
  const stop = new AbortController();
  closers.push(async () => stop.abort());
  const informer = createInformer(client, pods, { logger: silent });
  const note = (pod: Pod) => bindings.note(pod);
  informer.onChange({ added: note, updated: (_, pod) => note(pod), deleted: () => {} });
  informer.start(stop.signal);
  await informer.synced();
  return { cluster, client, bindings };
}

async function createPods(client: Client): Promise<void> {
  let next = 0;
  const containers = [{ name: "c", image: "x", resources: { requests: { cpu: "1m" } } }];
  const create = async (): Promise<void> => {
    while (next < count) {
      const name = `p${next++}`;
      await client.create(pods, "default", { metadata: { name }, spec: { containers } });
    }
  };
  await Promise.all(Array.from({ length: 32 }, create));
}

/** Times of the lease: upstream's, or shorter ones where nobody waits for 15 seconds. */
async function startScheduler({ cluster }: World, leaderElect: boolean): Promise<RunningVerb> {
  const times = isLong ? {} : { leaseDuration: "3s", renewDeadline: "2s", retryPeriod: "500ms" };
  const config = join(cluster.dataDir, `scheduler-${leaderElect}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      leaderElection: { leaderElect, ...times },
    }),
  );
  const flags = ["--kubeconfig", cluster.kubeconfig, "--config", config, "--port", "0"];
  const scheduler = await startVerb(["scheduler", ...flags], "scheduler of");
  closers.push(() => scheduler.stop());
  return scheduler;
}

async function untilBound({ bindings }: World, wanted: number): Promise<void> {
  const end = performance.now() + minutesMax * 60_000;
  while (bindings.nodeOf.size < wanted) {
    if (performance.now() > end) throw new Error(`${bindings.nodeOf.size} of ${wanted} are bound`);
    await sleep(2);
  }
}

async function expectAllBoundOnce({ client, bindings }: World): Promise<void> {
  const { items } = await client.list(pods, { namespace: "default" });
  expect(items.filter(({ spec }) => !spec.nodeName).length).toBe(0);
  expect(items.length).toBe(count);
  expect(bindings.moved).toEqual([]);
  const onNode = Map.groupBy(items, ({ spec }) => spec.nodeName ?? "");
  for (const [name, list] of onNode) {
    expect(name).not.toBe("");
    expect(list.length).toBeLessThanOrEqual(podsPerNode);
  }
}

const holderOf = (lease: Lease | undefined) => lease?.spec?.holderIdentity ?? "";
const leaseOf = ({ client }: World) =>
  client.get(leases, "kube-system", "kube-scheduler").catch(() => undefined);

test(`${count} pending pods: the leader is killed amid them, then its successor; who comes after binds the rest`, async () => {
  const world = await openWorld();
  const { bindings } = world;
  await createPods(world.client);
  const leader = await startScheduler(world, true);
  await waitFor("a leader", async () => holderOf(await leaseOf(world)) !== "");
  const first = holderOf(await leaseOf(world));
  const other = startScheduler(world, true);
  await untilBound(world, Math.floor(count / 4));
  await leader.stop("SIGKILL");
  const killed = performance.now();
  const successor = await other;
  const byLeader = bindings.nodeOf.size;
  await waitFor("a new leader", async () => ![first, ""].includes(holderOf(await leaseOf(world))));
  const seconds = ((performance.now() - killed) / 1000).toFixed(1);
  // Two terms: one hand-over, and nobody else had the lease in between.
  expect((await leaseOf(world))?.spec?.leaseTransitions).toBe(1);
  await untilBound(world, byLeader + Math.floor((count - byLeader) / 3));
  await successor.stop("SIGKILL");
  const bySuccessor = bindings.nodeOf.size - byLeader;
  await startScheduler(world, false);
  await untilBound(world, count);
  await expectAllBoundOnce(world);
  console.log(
    `handed over after ${seconds} s; ${byLeader} pods bound by the leader, ${bySuccessor} by its successor, ${count - byLeader - bySuccessor} after a restart`,
  );
}, 600_000);
