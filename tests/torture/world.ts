/** The processes under torture: two Postgres servers, three API servers, proxies in between, one address in front. */
import { join } from "node:path";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { createClient } from "#client/create-client.ts";
import { httpsTransport } from "#client/https-transport.ts";
import type { Kubeconfig } from "#client/kubeconfig.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { freePort } from "#tests/support/free-port.ts";
import { type ServerProcess, startServer } from "../support/servers.ts";
import type { SourceMutant } from "./mutants.ts";
import { type PostgresPair, startPostgresPair } from "./postgres-pair.ts";
import { openTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const clockStep = join(import.meta.dirname, "clock-step.ts");
const startsMax = 5;
const mutate = join(import.meta.dirname, "mutate.ts");

export interface ApiServer {
  readonly name: string;
  /** To each of the Postgres servers. */
  readonly proxies: readonly TcpProxy[];
  process: ServerProcess;
  start(): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGUSR2"): void;
}

export interface World {
  readonly postgres: PostgresPair;
  readonly servers: readonly ApiServer[];
  readonly front: TcpProxy;
  /** To a server or to the address in front, JSON or protobuf. */
  readonly clients: readonly Client[];
  close(): Promise<void>;
}

async function apiServer(
  name: string,
  postgres: PostgresPair,
  mutant: SourceMutant | undefined,
): Promise<ApiServer> {
  const proxies = await Promise.all(
    postgres.nodes.map(({ port }) => openTcpProxy(() => port, { framed: true })),
  );
  const { username, password } = new URL(postgres.nodes[0].url);
  const hosts = proxies.map(({ port }) => `127.0.0.1:${port}`).join(",");
  const port = await freePort();
  const start = () =>
    startServer({
      databaseUrl: `postgres://${username}:${password}@${hosts}/kubun`,
      port,
      args: ["--no-controllers", "--no-scheduler"],
      env:
        mutant === undefined
          ? { BUN_OPTIONS: `--preload ${clockStep}` }
          : {
              BUN_OPTIONS: `--preload ${clockStep} --preload ${mutate}`,
              KUBUN_TORTURE_MUTANT: JSON.stringify(mutant),
            },
    });
  const server: ApiServer = {
    name,
    proxies,
    process: await start(),
    // As who watches over it would: a server that finds no Postgres says so and ends.
    async start() {
      for (let tries = 1; ; tries++) {
        try {
          server.process = await start();
          return;
        } catch (error) {
          if (tries === startsMax) throw error;
        }
      }
    },
    signal: (signal) => void process.kill(server.process.pid, signal),
  };
  return server;
}

export async function openWorld(mutant?: SourceMutant): Promise<World> {
  // Built once: three servers that start at once would each build it.
  await buildWasm();
  const postgres = await startPostgresPair();
  try {
    return await openServers(postgres, mutant);
  } catch (error) {
    await postgres.end();
    throw error;
  }
}

async function openServers(
  postgres: PostgresPair,
  mutant: SourceMutant | undefined,
): Promise<World> {
  const names = ["a", "b", "c"];
  const servers = await Promise.all(names.map((name) => apiServer(name, postgres, mutant)));
  let turn = 0;
  const front = await openTcpProxy(() => servers[turn++ % servers.length]?.process.port);
  const kubeconfig = servers[0]?.process.kubeconfig;
  if (kubeconfig === undefined) throw new Error("there is no server");
  const stop = new AbortController();
  const urls = [...servers.map(({ process: { url } }) => url), `https://127.0.0.1:${front.port}`];
  return {
    postgres,
    servers,
    front,
    clients: urls.map((url, at) => clientOf(kubeconfig, url, at % 2 === 0, stop.signal)),
    async close() {
      stop.abort();
      await Promise.all(servers.map((server) => server.process.end("SIGKILL")));
      const proxies = servers.flatMap((server) => server.proxies);
      await Promise.all([front, ...proxies].map((proxy) => proxy.close()));
      await postgres.end();
    },
  };
}

function clientOf(
  kubeconfig: Kubeconfig,
  baseUrl: string,
  json: boolean,
  signal: AbortSignal,
): Client {
  const { certificateAuthority: ca, certificate, privateKey } = kubeconfig;
  const transport = httpsTransport({ ca, certificate, privateKey, signal });
  return createClient({
    transport,
    baseUrl,
    mediaType: json ? "json" : "protobuf",
    userAgent: "torture",
  });
}
