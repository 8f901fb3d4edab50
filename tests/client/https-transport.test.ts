/** The HTTPS transport against the real door. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "#client/create-client.ts";
import { httpsTransport } from "#client/https-transport.ts";
import { configmaps } from "#gen/api/core/v1.ts";
import { serve } from "#tests/apiserver/serve.ts";

const directory = mkdtempSync(join(tmpdir(), "kubun-transport-"));
/** More than one HTTP/2 session carries. */
const watchers = 350;
const namespace = "default";
let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve(directory, 0, () => undefined);
});
afterAll(async () => {
  await served.door.close();
  await served.harness.close();
  rmSync(directory, { recursive: true, force: true });
});

test("a burst of watches spreads over several sessions, and every one of them hears its event", async () => {
  const { authority, client: identity, door } = served;
  const stop = new AbortController();
  const transport = httpsTransport({
    ca: authority.certificate,
    certificate: identity.certificate,
    privateKey: identity.privateKey,
    signal: stop.signal,
  });
  const baseUrl = `https://127.0.0.1:${door.port}`;
  const client = createClient({ transport, baseUrl, userAgent: "test" });
  const { resourceVersion } = await client.list(configmaps, { namespace });
  const heard = new Set<number>();
  const all = Promise.withResolvers<void>();
  const watch = async (index: number): Promise<void> => {
    const options = { namespace, fieldSelector: `metadata.name=w-${index}`, resourceVersion };
    for await (const { type } of client.watch(configmaps, { ...options, signal: stop.signal })) {
      if (type === "ADDED" && heard.add(index).size === watchers) all.resolve();
    }
  };
  const watching = Array.from({ length: watchers }, (_, index) => watch(index).catch(() => {}));
  for (let index = 0; index < watchers; index++) {
    await client.create(configmaps, namespace, { metadata: { name: `w-${index}` } });
  }
  await all.promise;
  expect(heard.size).toBe(watchers);
  stop.abort();
  await Promise.all(watching);
}, 60_000);
