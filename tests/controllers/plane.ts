/** An API server over memory storage with all its security, and the controllers beside it under their own rights. */

import type { KeyPair } from "#apimachinery/pki.ts";
import type { App } from "#apiserver/app.ts";
import type { UserInfo } from "#apiserver/attributes.ts";
import { createClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import { componentUser, controllerUser, inProcessClient } from "#cli/in-process-client.ts";
import { openServer, watchIndexes } from "#cli/open-server.ts";
import type { Client } from "#client/client.ts";
import { type Clock, systemClock } from "#client/clock.ts";
import { runControllers } from "#controllers/runner.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import type { Logger } from "#telemetry/log.ts";
import { frozenStorage } from "#tests/support/frozen-storage.ts";

export interface Plane {
  readonly app: App;
  /** A cluster administrator's. */
  readonly client: Client;
  clientOf(user: UserInfo): Client;
  readonly authority: KeyPair;
  /** What the controllers complained about. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** `controllers` false: the API server alone. */
export async function openPlane({
  controllers = true,
  leaderElect = false,
  clock = systemClock,
  clusterCidr,
}: {
  readonly controllers?: boolean;
  readonly leaderElect?: boolean;
  /** Of the controllers; the API server has its own. */
  readonly clock?: Clock;
  readonly clusterCidr?: string;
} = {}): Promise<Plane> {
  const storage = frozenStorage(openMemoryStorage());
  const cache = await openWatchCache(storage, { indexes: watchIndexes });
  const secrets = await createClusterSecrets({ now: new Date() });
  const complaints: string[] = [];
  const note = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  const server = await openServer({
    cache,
    secrets,
    serviceCidr: "10.96.0.0/16",
    kubernetesServiceIp: "10.96.0.1",
    port: 6443,
    logger,
  });
  const { app } = server;
  const stop = new AbortController();
  const manager = componentUser("system:kube-controller-manager");
  const options = {
    client: inProcessClient(app, manager, "kube-controller-manager"),
    clientFor: (name: string) => inProcessClient(app, controllerUser(name), name),
    identity: "test",
    clock,
    ...(clusterCidr === undefined ? {} : { clusterCidr }),
    leaderElect,
    signingAuthority: secrets.authority,
    serviceAccountKey: secrets.serviceAccount.privateKey,
    rootCa: secrets.authority.certificate,
    logger,
    signal: stop.signal,
  };
  const running = controllers ? runControllers(options) : Promise.resolve();
  const admin = { ...componentUser("admin"), groups: ["system:masters", "system:authenticated"] };
  return {
    app,
    client: inProcessClient(app, admin, "test"),
    clientOf: (user) => inProcessClient(app, user, "test"),
    authority: secrets.authority,
    complaints,
    async close() {
      stop.abort();
      await running;
      await server.close();
      await cache.close();
      await storage.close();
    },
  };
}

/** Bounded: fails with what was seen last, never hangs. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T>,
  isDone: (seen: T) => boolean,
  secondsMax = 20,
): Promise<T> {
  const end = performance.now() + secondsMax * 1000;
  for (;;) {
    const seen = await look();
    if (isDone(seen)) return seen;
    if (performance.now() > end) throw new Error(`${what}: last seen ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
