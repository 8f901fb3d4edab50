/** The API server over memory storage, everybody allowed: what the tests of tests/apiserver talk to. */
import { type App, type AppParts, createApp } from "#apiserver/app.ts";
import type { Connection, UserInfo } from "#apiserver/attributes.ts";
import { registry } from "#resources/registry.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import type { Storage } from "#storage/storage.ts";
import type { Index, WatchCache } from "#storage/watch-cache.ts";
import { silent } from "#telemetry/log.ts";

export const admin: UserInfo = {
  name: "admin",
  uid: "",
  groups: ["system:masters", "system:authenticated"],
  extra: {},
};

export const connection: Connection = { remoteAddress: "127.0.0.1", component: admin };

export const indexes: readonly Index[] = registry.flatMap((resource) =>
  (resource.indexedFields ?? []).map((name) => ({
    group: resource.ref.group,
    resource: resource.ref.plural,
    name,
    value: (object) => resource.selectableFields?.(object)[name],
  })),
);

export interface Harness {
  readonly app: App;
  readonly cache: WatchCache;
  readonly storage: Storage;
  close(): Promise<void>;
}

/** Randomness that repeats: uids count, fractions follow a small generator. */
export function seeded(seed = 1): AppParts["randomness"] {
  let state = seed;
  let uids = 0;
  return {
    uid: () => `00000000-0000-4000-8000-${(uids++).toString(16).padStart(12, "0")}`,
    fraction: () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    },
  };
}

export async function openHarness(overrides: Partial<AppParts> = {}): Promise<Harness> {
  const storage = openMemoryStorage();
  const cache = await openWatchCache(storage, { indexes });
  const app = createApp({
    cache,
    registry,
    authenticator: { authenticate: async () => admin },
    authorizer: { authorize: () => ({ allowed: true, reason: "" }) },
    admission: [],
    clock: () => new Date(),
    randomness: seeded(),
    logger: silent,
    version: { major: "1", minor: "37", gitVersion: "v1.37.1", platform: "linux/amd64" },
    ...overrides,
  });
  return {
    app,
    cache,
    storage,
    async close() {
      app.close();
      await cache.close();
      await storage.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape.
  readonly body: any;
}

/** One JSON request to the app. */
export async function ask(
  { app }: Pick<Harness, "app">,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const init =
    body === undefined
      ? { method, headers }
      : {
          method,
          headers: { "content-type": "application/json", ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        };
  const response = await app.fetch(new Request(`https://test${path}`, init), connection);
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    body: json && text !== "" && !text.includes("\n{") ? JSON.parse(text) : text,
  };
}
