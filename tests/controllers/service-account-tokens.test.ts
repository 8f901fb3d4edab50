/** Tokens in Secrets: made, good while they lie there, gone with their account. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { dayOf, lastUsedLabel, tokenSecretType } from "#apimachinery/legacy-token.ts";
import { isReason } from "#apimachinery/status.ts";
import { tokenreviews } from "#gen/api/authentication/v1.ts";
import { type Secret, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

const text = ({ data }: Secret, key: string): string =>
  Buffer.from(data?.[key] ?? "", "base64").toString("utf8");

const ask = (token: string) =>
  plane.client.create(tokenreviews, "", { metadata: { name: "" }, spec: { token } });

const makeToken = (name: string, account: string) =>
  plane.client.create(secrets, "default", {
    metadata: { name, annotations: { "kubernetes.io/service-account.name": account } },
    type: tokenSecretType,
  });

const isGone = (name: string): Promise<boolean> =>
  plane.client.get(secrets, "default", name).then(
    () => false,
    (error: unknown) => isReason(error, "NotFound"),
  );

async function tokenOf(name: string): Promise<Secret> {
  return eventually(
    "a token",
    () => plane.client.get(secrets, "default", name),
    (secret) => text(secret, "token") !== "",
  );
}

test("a Secret for an account's token is filled, and the token is good", async () => {
  const { metadata } = await plane.client.create(serviceaccounts, "default", {
    metadata: { name: "robot" },
  });
  await makeToken("robot-token", "robot");
  const secret = await tokenOf("robot-token");
  expect(text(secret, "ca.crt")).toBe(plane.authority.certificate);
  expect(text(secret, "namespace")).toBe("default");
  expect(secret.metadata.annotations?.["kubernetes.io/service-account.uid"]).toBe(
    `${metadata.uid}`,
  );
  const { status } = await ask(text(secret, "token"));
  expect(status?.user).toEqual({
    username: "system:serviceaccount:default:robot",
    uid: `${metadata.uid}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
  });
  const used = await plane.client.get(secrets, "default", "robot-token");
  expect(used.metadata.labels?.[lastUsedLabel]).toBe(dayOf(new Date()));
});

test("it is refused once the Secret holds another, is marked invalid, or has gone", async () => {
  await plane.client.create(serviceaccounts, "default", { metadata: { name: "shy" } });
  const isGood = async (token: string) => (await ask(token)).status?.authenticated === true;
  const change = (body: unknown) => {
    const target = { namespace: "default", name: "shy-token" };
    return plane.client.patch(secrets, target, "application/merge-patch+json", body);
  };
  await makeToken("shy-token", "shy");
  const token = text(await tokenOf("shy-token"), "token");
  expect(await isGood(token)).toBe(true);
  const mark = "kubernetes.io/legacy-token-invalid-since";
  await change({ metadata: { labels: { [mark]: "2026-01-01" } } });
  expect(await isGood(token)).toBe(false);
  await change({ metadata: { labels: { [mark]: null } } });
  expect(await isGood(token)).toBe(true);
  await change({ data: { token: Buffer.from(`${token}x`).toString("base64") } });
  expect(await isGood(token)).toBe(false);
  await plane.client.delete(secrets, "default", "shy-token");
  expect(await isGood(token)).toBe(false);
});

test("tokens go with their account, and a token of none goes at once", async () => {
  await plane.client.create(serviceaccounts, "default", { metadata: { name: "brief" } });
  await makeToken("brief-token", "brief");
  const token = text(await tokenOf("brief-token"), "token");
  await plane.client.delete(serviceaccounts, "default", "brief");
  expect((await ask(token)).status?.authenticated ?? false).toBe(false);
  await eventually("its end", () => isGone("brief-token"), Boolean);
  await makeToken("nobody-token", "nobody");
  await eventually("its end", () => isGone("nobody-token"), Boolean);
});

test("an account forgets a Secret that has gone", async () => {
  await plane.client.create(serviceaccounts, "default", {
    metadata: { name: "keeper" },
    secrets: [{ name: "keeper-token" }, { name: "other" }],
  });
  await makeToken("keeper-token", "keeper");
  await tokenOf("keeper-token");
  await plane.client.delete(secrets, "default", "keeper-token");
  await eventually(
    "the reference to go",
    () => plane.client.get(serviceaccounts, "default", "keeper"),
    (account) => (account.secrets ?? []).map(({ name }) => name).join() === "other",
  );
  expect(plane.complaints).toEqual([]);
});
