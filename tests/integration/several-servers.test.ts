/** Three servers over one Postgres are one API server: one order of events, one leader, one allocator. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { deployments, replicasets } from "#gen/api/apps/v1.ts";
import { type ConfigMap, configmaps, services } from "#gen/api/core/v1.ts";
import { type ThrowawayPostgres, throwawayPostgres } from "../storage/throwaway-postgres.ts";
import { waitFor } from "../support/cluster.ts";
import { type ServerProcess, startServer } from "../support/servers.ts";

let postgres: ThrowawayPostgres;
let servers: ServerProcess[] = [];
const namespace = "default";

// What differs between the runtimes is below what differs between one server and three.
const onDeno = process.env["KUBUN_TEST_RUNTIME"] === "deno";

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

/** Each server creates, updates and deletes its own; the events that this must give, in order. */
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

describe.skipIf(onDeno)(`three servers${onDeno ? " (skipped: tested on Bun)" : ""}`, () => {
  beforeAll(async () => {
    postgres = await throwawayPostgres({ port: true });
    const { username, password } = new URL(postgres.url);
    const one = `postgres://${username}:${password}@127.0.0.1:${postgres.port}/kubun`;
    // Of the hosts of a URL the first may be down.
    const several = one.replace("@", "@127.0.0.1:1,");
    servers = await Promise.all(
      [one, one, several].map((databaseUrl) => startServer({ databaseUrl })),
    );
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.end()));
    await postgres?.end();
  }, 60_000);

  test("writes on each are seen by watches on all, in one order and without a gap", async () => {
    const { resourceVersion } = await clientOf(0).list(configmaps, { namespace });
    const rounds = 8;
    const watches = servers.map(({ client }) => watched(client, resourceVersion, rounds * 6));
    const made = await writeOnAll("order", rounds);
    expect(made).toHaveLength(rounds * 6);
    for (const seen of await Promise.all(watches)) expect(seen).toEqual(made);
  });

  test("a client that moves to another server goes on where it was", async () => {
    const { resourceVersion } = await clientOf(0).list(configmaps, { namespace });
    const rounds = 6;
    const all = rounds * 6;
    const moving = async (): Promise<Seen[]> => {
      const seen: Seen[] = [];
      for (let at = 0; seen.length < all; at++) {
        const from = seen.at(-1)?.resourceVersion ?? resourceVersion;
        seen.push(...(await watched(clientOf(at), from, Math.min(5, all - seen.length))));
      }
      return seen;
    };
    const [seen, made] = await Promise.all([moving(), writeOnAll("move", rounds)]);
    expect(seen).toEqual(made);
    const last = made.at(-1)?.resourceVersion ?? "";
    // A server that had not seen so much yet would wait for it, never answer with less.
    for (const { client } of servers) {
      const list = await client.list(configmaps, { namespace, resourceVersion: last });
      expect(Number(list.resourceVersion)).toBeGreaterThanOrEqual(Number(last));
    }
  });

  test("no cluster IP and no node port is given twice, whoever is asked", async () => {
    const made = await Promise.all(
      Array.from({ length: 36 }, (_, at) =>
        clientOf(at).create(services, namespace, {
          metadata: { name: `s${at}` },
          spec: { type: "NodePort", ports: [{ port: 80 }] },
        }),
      ),
    );
    expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(made.length);
    expect(new Set(made.map(({ spec }) => spec.ports?.[0]?.nodePort)).size).toBe(made.length);
  });

  test("controllers have one leader; when it is killed another one leads, and nothing is lost", async () => {
    const leads = ({ said }: ServerProcess): boolean =>
      /leading.*kube-controller-manager/.test(said());
    await waitFor("a leader", () => servers.some(leads));
    expect(servers.filter(leads)).toHaveLength(1);
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
    const made = async (name: string): Promise<boolean> => {
      const options = { namespace, labelSelector: `app=${name}` };
      return (await clientOf(0).list(replicasets, options)).items.length === 1;
    };
    await clientOf(0).create(deployments, namespace, deployment("before"));
    await waitFor("the leader's work", () => made("before"));
    const leader = servers.find(leads);
    servers = servers.filter((server) => server !== leader);
    await leader?.end("SIGKILL");
    await clientOf(0).create(deployments, namespace, deployment("after"));
    await waitFor("the next leader's work", () => made("after"));
    expect(servers.filter(leads)).toHaveLength(1);
  }, 90_000);
});
