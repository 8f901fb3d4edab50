/**
 * Writes tests/golden/managed-fields/ anew: plays every sequence on a stock API server and keeps its answers.
 * `bun tests/apiserver/managed-fields/record.ts SERVER CERTIFICATE KEY`: its URL and an admin's PEM files.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { customGroup } from "./custom.ts";
import type { Played, Sequence, Step } from "./play.ts";
import { play } from "./play.ts";
import { sequences } from "./sequences.ts";
import { namespace } from "./target.ts";

const [, , server = "", certificate = "", key = ""] = process.argv;
const credentials = {
  cert: readFileSync(certificate),
  key: readFileSync(key),
  rejectUnauthorized: false,
  agent: false as const,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`no JSON: ${text}`);
  }
}

function send(method: string, path: string, headers: Record<string, string>, body: string) {
  const { promise, resolve, reject } = Promise.withResolvers<Played>();
  const outgoing = request(`${server}${path}`, { method, headers, ...credentials }, (incoming) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () =>
      resolve({ code: incoming.statusCode ?? 0, body: parsed(Buffer.concat(parts).toString()) }),
    );
  });
  outgoing.on("error", reject);
  outgoing.end(method === "GET" ? undefined : body);
  return promise;
}

const json = { "content-type": "application/json" };

async function ask({ method, path, type, userAgent }: Step, body: string): Promise<Played> {
  const agent = userAgent === undefined ? {} : { "user-agent": userAgent };
  const ask = () => send(method, path, { "content-type": type, ...agent }, body);
  const first = await ask();
  if (first.code !== 404 || !path.includes(customGroup)) return first;
  // What was just defined is served a moment later.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return ask();
}

async function record(group: string, list: readonly Sequence[]): Promise<void> {
  const recorded: unknown[] = [];
  for (const sequence of list) {
    recorded.push({ ...sequence, answers: await play(sequence, ask) });
  }
  const lines = recorded.map((one) => JSON.stringify(one)).join(",\n");
  writeFileSync(join(golden, `${group}.json`), `[\n${lines}\n]\n`);
}

const golden = join(import.meta.dirname, "../../golden/managed-fields");
rmSync(golden, { recursive: true, force: true });
mkdirSync(golden, { recursive: true });
const home = `/api/v1/namespaces`;
await send("POST", home, json, JSON.stringify({ metadata: { name: namespace } }));
// The service account controller makes pods possible.
await new Promise((resolve) => setTimeout(resolve, 3000));
for (const [group, list] of Object.entries(sequences)) await record(group, list);

/** Finalizers of nobody would hold the namespace. */
async function cleanUp(): Promise<void> {
  const maps = `${home}/${namespace}/configmaps`;
  const { body } = await send("GET", maps, json, "");
  for (const { metadata } of body.items) {
    if (metadata.finalizers === undefined) continue;
    const type = { "content-type": "application/merge-patch+json" };
    const patch = JSON.stringify({ metadata: { finalizers: null } });
    await send("PATCH", `${maps}/${metadata.name}`, type, patch);
  }
  const classes = "/apis/storage.k8s.io/v1/storageclasses";
  const list = await send("GET", classes, json, "");
  for (const { metadata } of list.body.items) {
    if (!metadata.name.startsWith("managed-fields-")) continue;
    await send("DELETE", `${classes}/${metadata.name}`, json, "{}");
  }
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await send("DELETE", `${definitions}/things.${customGroup}`, json, "{}");
  await send("DELETE", `${home}/${namespace}`, json, "{}");
}

await cleanUp();
