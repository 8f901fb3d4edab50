/** Upstream's answers to 84 dry-run creates, asked of the whole server: defaulting and admission together. */

import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTestServer } from "./server.ts";

interface Pair {
  readonly path: string;
  readonly request: { readonly kind: string; readonly metadata?: { readonly name?: string } };
  readonly code: number;
  readonly response: unknown;
}

const pairs: readonly Pair[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/defaults.json"), "utf8"),
);

const server = await openTestServer();
afterAll(() => server.close());

const volatileMetadata = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "managedFields",
  "selfLink",
]);
/** Chosen anew at each request, here as upstream. */
const chosen = new Set([
  "clusterIP",
  "nodePort",
  "healthCheckNodePort",
  "lastTransitionTime",
  "lastPhaseTransitionTime",
  "authentication.kubernetes.io/credential-id",
]);

/** Names that end in random letters, and uids, which Jobs carry in their selectors. */
function comparableText(value: string, key: string): string {
  if (chosen.has(key) && value !== "None") return "*";
  if (/^kube-api-access-.{5}$/.test(value)) return "kube-api-access-*";
  return /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|uid-\d+)$/.test(value) ? "<uid>" : value;
}

function comparable(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    if (key === "clusterIPs" && value[0] !== "None") return value.map(() => "*");
    return value.map((each) => comparable(each));
  }
  if (typeof value === "string") return comparableText(value, key);
  if (typeof value !== "object" || value === null) {
    return chosen.has(key) && value !== "None" ? "*" : value;
  }
  // Upstream prints null where Go has an empty list; a client reads both alike.
  const entries = Object.entries(value)
    .filter(([, child]) => child !== null)
    .filter(([name]) => !(key === "metadata" && volatileMetadata.has(name)))
    .map(([name, child]) => [name, comparable(child, name)] as const);
  const object = Object.fromEntries(entries);
  // An X.509 fingerprint stands in upstream's answer; the test's connection carries none.
  if (key === "userInfo") delete object["extra"];
  if (key === "metadata" && object["generateName"] !== undefined) delete object["name"];
  return object;
}

describe("answers as upstream", () => {
  for (const [at, { path, request, code, response }] of pairs.entries()) {
    test(`${at} ${request.kind} ${request.metadata?.name ?? ""}`, async () => {
      const answer = await server.ask({ path, body: request });
      expect({ code: answer.code, response: comparable(answer.body) }).toEqual({
        code,
        response: comparable(response),
      });
    });
  }
});
