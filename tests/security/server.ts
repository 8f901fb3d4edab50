/** The whole API server over memory storage: security, start objects, a default service account. */
import { generateKeyPairSync } from "node:crypto";
import { type App, createApp } from "#apiserver/app.ts";
import type { Connection } from "#apiserver/attributes.ts";
import { openSecurity, type Security } from "#apiserver/security.ts";
import { serviceaccounts } from "#gen/api/core/v1.ts";
import { registry } from "#resources/registry.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import { mulberry32 } from "#tests/support/mulberry32.ts";
import { network, newUid, openCluster, put } from "./cluster.ts";

export interface Answer {
  readonly code: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape.
  readonly body: any;
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Common name and organizations of the client certificate; default: the admin's. */
  readonly as?: readonly [string, ...string[]];
}

export interface TestServer {
  readonly app: App;
  readonly cache: WatchCache;
  readonly security: Security;
  ask(asked: Asked): Promise<Answer>;
  close(): Promise<void>;
}

export const serviceAccountKey = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

export async function openTestServer(
  shared?: WatchCache,
  logger: Logger = silent,
  where = network,
): Promise<TestServer> {
  const cache = shared ?? (await openCluster(where));
  if (shared === undefined) {
    await put(cache, serviceaccounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "default" },
    });
  }
  const clock = () => new Date();
  const randomness = { uid: newUid, fraction: mulberry32(1) };
  const { serviceCidrs } = where;
  const { privateKey } = serviceAccountKey;
  const security = await openSecurity({
    cache,
    serviceAccountKey: { privateKey },
    serviceCidrs,
    clock,
    randomness,
  });
  const version = { major: "1", minor: "37", gitVersion: "v1.37.1", platform: "linux/amd64" };
  const app = createApp({
    ...security,
    cache,
    registry,
    clock,
    randomness,
    logger,
    version,
  });
  const ask = async ({ method, path, body, headers = {}, as }: Asked): Promise<Answer> => {
    const [commonName, ...organizations] = as ?? ["admin", "system:masters"];
    const connection: Connection = {
      remoteAddress: "127.0.0.1",
      ...(commonName === "" ? {} : { clientCertificate: { commonName, organizations } }),
    };
    const init =
      body === undefined
        ? { method: method ?? "GET", headers }
        : {
            method: method ?? "POST",
            headers: { "content-type": "application/json", ...headers },
            body: JSON.stringify(body),
          };
    const response = await app.fetch(new Request(`https://test${path}`, init), connection);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    return {
      code: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  };
  return {
    app,
    cache,
    security,
    ask,
    async close() {
      app.close();
      security.close();
      if (shared === undefined) await cache.close();
    },
  };
}
