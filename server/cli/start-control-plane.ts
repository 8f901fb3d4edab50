/** Wires store, API server, controllers and scheduler in this process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { firstAddress } from "#apiserver/allocation/address-range.ts";
import type { App } from "#apiserver/app.ts";
import {
  type ClusterCertificates,
  type ClusterSecrets,
  createClusterSecrets,
  issueClusterCertificates,
} from "#apiserver/bootstrap/cluster-pki.ts";
import { openDoor } from "#apiserver/door.ts";
import { clusterSecrets } from "#cli/cluster-secrets.ts";
import type { ControlPlane, ControlPlaneOptions } from "#cli/compose.ts";
import { holdDataDir } from "#cli/data-dir-lock.ts";
import { componentUser, controllerUser, inProcessClient } from "#cli/in-process-client.ts";
import { openServer, watchIndexes } from "#cli/open-server.ts";
import { podNetwork } from "#cli/pod-network.ts";
import { startNodes } from "#cli/start-nodes.ts";
import { UsageError } from "#cli/verb.ts";
import { writeKubeconfig } from "#client/kubeconfig.ts";
import { runControllers } from "#controllers/runner.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import { openWatchCache } from "#storage/cache.ts";
import { startCompaction } from "#storage/compaction.ts";
import { type KeptPostgres, keepEmbeddedPostgres } from "#storage/postgres/kept-postgres.ts";
import { openPostgresStorage } from "#storage/postgres/postgres.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";

/** Addresses under which other machines may reach this one. */
export function hostAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);
}

/** A URL for people: whoever reads the terminal need not learn the password. */
function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, "@");
}

/** Of each part of the process, once it is to end. */
const closingMsMax = 3_000;

interface Store {
  readonly cache: WatchCache;
  readonly description: string;
  close(): Promise<void>;
}

async function openStore(options: ControlPlaneOptions, logger: Logger): Promise<Store> {
  const { step, dataDir, databaseUrl } = options;
  let embedded: KeptPostgres | undefined;
  if (databaseUrl === undefined) {
    embedded = await step("Postgres", () =>
      keepEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), log: logger }),
    );
  }
  const url = databaseUrl ?? embedded?.url ?? "";
  const storage = await openPostgresStorage({ url });
  const cache = await openWatchCache(storage, { indexes: watchIndexes, logger });
  const compaction = startCompaction(storage, { logger });
  return {
    cache,
    description: embedded === undefined ? withoutPassword(url) : "embedded Postgres",
    async close() {
      compaction.stop();
      await inTime("watch cache", cache.close(), logger);
      await inTime("store", storage.close(), logger);
      await embedded?.stop();
    },
  };
}

async function certificatesOf(
  cache: WatchCache,
  options: ControlPlaneOptions,
  serviceIp: string,
): Promise<{ secrets: ClusterSecrets; certificates: ClusterCertificates }> {
  const now = new Date();
  const secrets = await clusterSecrets(cache, () => createClusterSecrets({ now }));
  const isAddress = (name: string): boolean => /^[\d.]+$|:/.test(name);
  const certificates = await issueClusterCertificates(secrets, {
    now,
    names: [hostname(), ...options.sans.filter((name) => !isAddress(name))],
    addresses: [...hostAddresses(), serviceIp, ...options.sans.filter(isAddress)],
  });
  return { secrets, certificates };
}

/** An app for a door that opens before it: early requests wait. */
function appToCome(): Pick<App, "fetch"> & { come(app: App): void } {
  const coming = Promise.withResolvers<App>();
  let arrived: App | undefined;
  return {
    fetch: (...asked) =>
      arrived?.fetch(...asked) ?? coming.promise.then((app) => app.fetch(...asked)),
    come(app) {
      arrived = app;
      coming.resolve(app);
    },
  };
}

function doorParts(
  { bindAddress, port }: ControlPlaneOptions,
  secrets: ClusterSecrets,
  { serving }: ClusterCertificates,
) {
  const clientAuthority = secrets.authority.certificate;
  // With its authority: a joining machine knows the cluster by the hash of that one's key.
  const certificate = `${serving.certificate}\n${clientAuthority}`;
  return { host: bindAddress, port, certificate, privateKey: serving.privateKey, clientAuthority };
}

export async function startControlPlane(
  options: ControlPlaneOptions,
  logger: Logger,
): Promise<ControlPlane> {
  // Servers over one database of somebody else's may share a directory; an embedded one is one process's.
  const release = options.databaseUrl === undefined ? holdDataDir(options.dataDir) : undefined;
  mkdirSync(options.dataDir, { recursive: true, mode: 0o755 });
  try {
    await mustBeFree(options);
    const store = await openStore(options, logger);
    const close = async (): Promise<void> => {
      await store.close();
      release?.();
    };
    return await serve(options, { ...store, close }, logger).catch(async (error: unknown) => {
      await close();
      throw error;
    });
  } catch (error) {
    release?.();
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!taken) throw error;
    const { bindAddress, port } = options;
    throw new UsageError(`port ${port} of ${bindAddress} is taken: --port chooses another`);
  }
}

/** Before anything is started for nothing. */
async function mustBeFree({ bindAddress: host, port }: ControlPlaneOptions): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

async function serve(
  options: ControlPlaneOptions,
  store: Store,
  logger: Logger,
): Promise<ControlPlane> {
  const { step, dataDir, serviceCidr } = options;
  const kubernetesServiceIp = firstAddress(serviceCidr);
  const { secrets, certificates } = await certificatesOf(store.cache, options, kubernetesServiceIp);
  const { server, door } = await step("API server", async () => {
    const app = appToCome();
    // The door first: the server must know its port.
    const opened = await openDoor({ ...doorParts(options, secrets, certificates), app, logger });
    const serverParts = {
      cache: store.cache,
      secrets,
      kubeletClient: certificates.kubeletClient,
      serviceCidr,
      kubernetesServiceIp,
      port: opened.port,
      advertiseAddress: hostAddresses()[0],
      logger,
    };
    const behind = await openServer(serverParts);
    app.come(behind.app);
    return { server: behind, door: opened };
  });
  const host = options.bindAddress === "0.0.0.0" ? "127.0.0.1" : options.bindAddress;
  const url = `https://${host}:${door.port}`;
  const kubeconfigPath = join(dataDir, "admin.kubeconfig");
  const certificateAuthority = secrets.authority.certificate;
  const kubeconfig = { name: "kubun", server: url, certificateAuthority, ...certificates.admin };
  writeFileSync(kubeconfigPath, writeKubeconfig(kubeconfig), { mode: 0o600 });

  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, options.signal]);
  const clusterCidr = await podNetwork(store.cache, options.podCidr, hostAddresses());
  const running = startComponents({
    app: server.app,
    secrets,
    options,
    clusterCidr,
    logger,
    signal,
  });
  return {
    port: door.port,
    url,
    kubeconfigPath,
    database: store.description,
    startNodes: (nodes) => startNodes({ app: server.app, secrets, nodes, dataDir, logger, signal }),
    async close() {
      stop.abort();
      await inTime("components", running, logger);
      await door.close();
      await inTime("API server", server.close(), logger);
      await store.close();
    },
  };
}

/**
 * Whoever waits for a Postgres that is gone is not waited for: each write would be tried for a while, one
 * after the other. What they leave undone a crash would leave too.
 */
async function inTime(what: string, ending: Promise<void>, logger: Logger): Promise<void> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("it takes too long"), closingMsMax);
  const failed = (error: unknown): string => String(error);
  const trouble = await Promise.race([ending.then(() => undefined, failed), late.promise]);
  clearTimeout(timer);
  if (trouble !== undefined) logger.warn("not closed in order", { what, trouble });
}

async function startComponents(parts: {
  readonly app: App;
  readonly secrets: ClusterSecrets;
  readonly options: ControlPlaneOptions;
  readonly clusterCidr: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { app, secrets, options, clusterCidr, logger, signal } = parts;
  const { leaderElect } = options;
  const identity = `${hostname()}_${crypto.randomUUID()}`;
  const running: Promise<void>[] = [];
  if (options.controllers) {
    const manager = componentUser("system:kube-controller-manager");
    running.push(
      runControllers({
        client: inProcessClient(app, manager, "kube-controller-manager"),
        // Upstream's controllers write as one field manager, the part before the slash.
        clientFor: (name) =>
          inProcessClient(app, controllerUser(name), `kube-controller-manager/${name}`),
        identity,
        leaderElect,
        signingAuthority: secrets.authority,
        serviceAccountKey: secrets.serviceAccount.privateKey,
        rootCa: secrets.authority.certificate,
        clusterCidr,
        logger,
        signal,
      }),
    );
  }
  if (options.scheduler) {
    const client = inProcessClient(app, componentUser("system:kube-scheduler"), "kube-scheduler");
    running.push(runScheduler({ client, identity, leaderElect, logger, signal }));
  }
  await Promise.all(running);
}
