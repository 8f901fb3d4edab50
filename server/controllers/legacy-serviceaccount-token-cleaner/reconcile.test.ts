import { expect, test } from "bun:test";
import { invalidSinceLabel, lastUsedLabel, tokenSecretType } from "#apimachinery/legacy-token.ts";
import type { Secret } from "#gen/api/core/v1.ts";
import { reconcile, type TokenSurroundings } from "./reconcile.ts";

const now = new Date("2030-06-15T12:00:00Z");

function token(labels: Record<string, string>, made = "2026-01-01T00:00:00Z"): Secret {
  const annotations = { "kubernetes.io/service-account.name": "robot" };
  const metadata = { name: "t", namespace: "n", annotations, labels, creationTimestamp: made };
  return { apiVersion: "v1", kind: "Secret", type: tokenSecretType, metadata };
}

const around: TokenSurroundings = {
  trackedSince: "2026-01-01",
  account: (namespace, name) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name, uid: "u" },
    secrets: [{ name: "t" }],
  }),
  isMounted: () => false,
};

const fate = (secret: Secret, changed: Partial<TokenSurroundings> = {}): string | undefined =>
  reconcile([secret], { ...around, ...changed }, now)[0]?.effect;

test("a token of a controller that nobody used for a year is refused first, and goes a year later", () => {
  expect(fate(token({}))).toBe("patch");
  expect(fate(token({ [invalidSinceLabel]: "2029-06-15" }))).toBeUndefined();
  expect(fate(token({ [invalidSinceLabel]: "2029-06-14" }))).toBe("delete");
});

test("a token stays while it is young, used, mounted, or made by people", () => {
  expect(fate(token({}, "2029-06-15T12:00:00Z"))).toBeUndefined();
  expect(fate(token({ [lastUsedLabel]: "2029-06-15" }))).toBeUndefined();
  expect(fate(token({ [lastUsedLabel]: "2029-06-14" }))).toBe("patch");
  expect(fate(token({ [lastUsedLabel]: "yesterday" }))).toBeUndefined();
  expect(fate(token({}), { isMounted: () => true })).toBeUndefined();
  expect(fate(token({}), { account: () => undefined })).toBeUndefined();
  const robot = around.account("n", "robot");
  if (robot === undefined) throw new Error("no account");
  expect(fate(token({}), { account: () => ({ ...robot, secrets: [] }) })).toBeUndefined();
});

test("nothing is judged before uses were noted for a year", () => {
  expect(fate(token({}), { trackedSince: "2029-06-15" })).toBeUndefined();
  expect(fate(token({}), { trackedSince: "2029-06-14" })).toBe("patch");
  expect(fate(token({}), { trackedSince: "" })).toBeUndefined();
});
