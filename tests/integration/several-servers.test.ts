/**
 * Three servers over one Postgres, the clock of one an hour ahead, and one address in front of them: one API
 * server with one order of events, one leader, one allocator.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig } from "#client/kubeconfig.ts";
import { deployments, replicasets } from "#gen/api/apps/v1.ts";
import { type ConfigMap, configmaps, services } from "#gen/api/core/v1.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { type ThrowawayPostgres, throwawayPostgres } from "../storage/throwaway-postgres.ts";
import { waitFor } from "../support/cluster.ts";
import { type ServerProcess, startServer } from "../support/servers.ts";
import { openTcpProxy, type TcpProxy } from "../torture/tcp-proxy.ts";

let postgres: ThrowawayPostgres;
let servers: ServerProcess[] = [];
let front: TcpProxy;
/** Through the address in front: another server with each connection. */
let inFront: Client;
const namespace = "default";

// What differs between the runtimes is below what differs between one server and three.
const onDeno = process.env["KUBUN_TEST_RUNTIME"] === "deno";

/** Its clock is an hour ahead from the signal on. */
const steppable = {
  BUN_OPTIONS: `--preload ${join(import.meta.dirname, "../torture/clock-step.ts")}`,
};
const hourMs = 3_600_000;

const leads = ({ said }: ServerProcess): boolean => /leading.*kube-controller-manager/.test(said());

const clientOf = (at: number): Client => {
  const server = servers[at % servers.length];
  if (server === undefined) throw new Error("no server is left");
  return server.client;
};

interface Seen {
  readonly type: string;
  readonly name: string;
  readonly resourceVersion: string;
}

/** Watches until `count` events came, from a resourceVersion on. */
async function watched(client: Client, from: string, count: number): Promise<Seen[]> {
  const stop = new AbortController();
  const seen: Seen[] = [];
  const events = client.watch(configmaps, {
    namespace,
    resourceVersion: from,
    labelSelector: "watched=yes",
    signal: stop.signal,
  });
  for await (const { type, object } of events) {
    const { name = "", resourceVersion = "" } = object.metadata;
    seen.push({ type, name, resourceVersion });
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

function create(client: Client, name: string): Promise<ConfigMap> {
  return client.create(configmaps, namespace, { metadata: { name, labels: { watched: "yes" } } });
}

/** Each server creates and updates its own; the events that this must give, in order. */
async function writeOnAll(prefix: string, rounds: number): Promise<Seen[]> {
  const made = await Promise.all(
    servers.map(async ({ client }, at) => {
      const events: Seen[] = [];
      for (let round = 0; round < rounds; round++) {
        const name = `${prefix}-${at}-${round}`;
        const created = await create(client, name);
        // Read and written elsewhere: what one server answered stands on every other.
        const elsewhere = clientOf(at + 1);
        const read = await elsewhere.get(configmaps, namespace, name);
        const updated = await elsewhere.update(configmaps, {
          ...read,
          data: { round: `${round}` },
        });
        for (const [type, { metadata }] of [
          ["ADDED", created],
          ["MODIFIED", updated],
        ] as const) {
          events.push({ type, name, resourceVersion: metadata.resourceVersion ?? "" });
        }
      }
      return events;
    }),
  );
  return made.flat().sort((a, b) => Number(a.resourceVersion) - Number(b.resourceVersion));
}

function openFront(): Promise<TcpProxy> {
  let turn = 0;
  return openTcpProxy(() => servers[turn++ % servers.length]?.port);
}

const deployment = (name: string) => ({
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "example.test/c:1" }] },
    },
  },
});

/** A controller has done its work for it. */
async function hasSet(name: string): Promise<boolean> {
  const options = { namespace, labelSelector: `app=${name}` };
  return (await clientOf(0).list(replicasets, options)).items.length === 1;
}

/** Goes on with another server, or through the address in front, after every few events. */
async function movingWatch(from: string, count: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let at = 0; seen.length < count; at++) {
    const client = at % 2 === 0 ? clientOf(at / 2) : inFront;
    const last = seen.at(-1)?.resourceVersion ?? from;
    seen.push(...(await watched(client, last, Math.min(5, count - seen.length))));
  }
  return seen;
}

async function takeAddresses(count: number): Promise<void> {
  const made = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      clientOf(at).create(services, namespace, {
        metadata: { name: `s${at}` },
        spec: { type: "NodePort", ports: [{ port: 80 }] },
      }),
    ),
  );
  expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(count);
  expect(new Set(made.map(({ spec }) => spec.ports?.[0]?.nodePort)).size).toBe(count);
}

describe.skipIf(onDeno)(`three servers${onDeno ? " (skipped: tested on Bun)" : ""}`, () => {
  beforeAll(async () => {
    await buildWasm();
    postgres = await throwawayPostgres({ port: true });
    const { username, password } = new URL(postgres.url);
    const one = `postgres://${username}:${password}@127.0.0.1:${postgres.port}/kubun`;
    // Of the hosts of a URL the first may be down.
    const several = one.replace("@", "@127.0.0.1:1,");
    servers = await Promise.all([
      startServer({ databaseUrl: one }),
      startServer({ databaseUrl: several }),
      startServer({ databaseUrl: one, env: steppable }),
    ]);
    process.kill(servers[2]?.pid ?? 0, "SIGUSR2");
    front = await openFront();
    const { kubeconfig } = servers[0] ?? { kubeconfig: undefined };
    if (kubeconfig === undefined) throw new Error("there is no server");
    inFront = clientFromKubeconfig({ ...kubeconfig, server: `https://127.0.0.1:${front.port}` });
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.end()));
    await front?.close();
    await postgres?.end();
  }, 60_000);

  test("writes on each are seen by watches on all, in one order and without a gap", async () => {
    const { resourceVersion } = await clientOf(0).list(configmaps, { namespace });
    const rounds = 4;
    const watches = [...servers.map(({ client }) => client), inFront].map((client) =>
      watched(client, resourceVersion, rounds * 6),
    );
    const made = await writeOnAll("order", rounds);
    expect(made).toHaveLength(rounds * 6);
    for (const seen of await Promise.all(watches)) expect(seen).toEqual(made);
    const { metadata } = await create(clientOf(2), "of-tomorrow");
    const ahead = Date.parse(metadata.creationTimestamp ?? "") - Date.now();
    expect(ahead).toBeGreaterThan(hourMs / 2);
  });

  // One after the other this would be a wait for a Lease, and then the rest.
  test("while a killed leader is followed, clients move on and no address is given twice", async () => {
    await waitFor("a leader", () => servers.some(leads));
    // The clock of one is an hour ahead, which would be six leases over.
    expect(servers.filter(leads)).toHaveLength(1);
    await clientOf(0).create(deployments, namespace, deployment("before"));
    await waitFor("the leader's work", () => hasSet("before"));
    const leader = servers.find(leads);
    servers = servers.filter((server) => server !== leader);
    await leader?.end("SIGKILL");
    await clientOf(0).create(deployments, namespace, deployment("after"));

    const { resourceVersion } = await clientOf(0).list(configmaps, { namespace });
    const rounds = 6;
    const moving = movingWatch(resourceVersion, rounds * 4);
    const [seen, made] = await Promise.all([moving, writeOnAll("move", rounds), takeAddresses(24)]);
    expect(seen).toEqual(made);
    const last = made.at(-1)?.resourceVersion ?? "";
    // A server that had not seen so much yet would wait for it, never answer with less.
    for (const client of [...servers.map((server) => server.client), inFront]) {
      const list = await client.list(configmaps, { namespace, resourceVersion: last });
      expect(Number(list.resourceVersion)).toBeGreaterThanOrEqual(Number(last));
    }

    await waitFor("the next leader's work", () => hasSet("after"));
    expect(servers.filter(leads)).toHaveLength(1);
  }, 90_000);

  test("one signal ends them, although their Postgres is gone", async () => {
    await postgres.end();
    await Promise.all(servers.map((server) => server.end("SIGTERM")));
    expect(servers.some((server) => server.alive())).toBe(false);
    servers = [];
  }, 90_000);
});
