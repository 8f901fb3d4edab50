/** What controllers keep in order without being asked by a workload. */
import { Buffer } from "node:buffer";
import { configmaps, secrets } from "#gen/api/core/v1.ts";
import { storageversionmigrations } from "#gen/api/storagemigration/v1.ts";
import { until } from "../until.ts";
import { isGone, type Scenario } from "./place.ts";

export const storageMigration: Scenario = async ({ client, namespace }) => {
  await client.create(configmaps, namespace, { metadata: { name: "old" }, data: { kept: "yes" } });
  const name = namespace;
  const spec = { resource: { group: "", resource: "configmaps" } };
  await client.create(storageversionmigrations, "", { metadata: { name }, spec });
  await until("its success", "True StorageVersionMigrationSucceeded", async () => {
    const { status } = await client.get(storageversionmigrations, "", name);
    const found = status?.conditions?.find(({ type }) => type === "Succeeded");
    return `${found?.status} ${found?.reason}`;
  });
  await until("what was migrated", "yes", async () => {
    const { data } = await client.get(configmaps, namespace, "old");
    return `${data?.["kept"]}`;
  });
  await client.delete(storageversionmigrations, "", name);
  return "every ConfigMap of the cluster written anew";
};

const system = "kube-system";
const id = /[^a-z0-9]/g;

export const tokenCleaning: Scenario = async ({ client, namespace }) => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const token = async (suffix: string, seconds: number): Promise<string> => {
    const tokenId = `${namespace.replaceAll(id, "").slice(-5)}${suffix}`.padStart(6, "0");
    const name = `bootstrap-token-${tokenId}`;
    const expiration = new Date(Date.now() + seconds * 1000).toISOString();
    const fields = {
      "token-id": tokenId,
      "token-secret": "0123456789abcdef",
      expiration: expiration.replace(/\.\d+Z$/, "Z"),
      "usage-bootstrap-authentication": "true",
    };
    await client.create(secrets, system, {
      metadata: { name },
      type: "bootstrap.kubernetes.io/token",
      data: Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, base64(text)])),
    });
    return name;
  };
  const kept = await token("k", 3600);
  const soon = await token("s", 3);
  await until("the expired one to go", "true", () => isGone(client, secrets, system, soon));
  await client.get(secrets, system, kept);
  await client.delete(secrets, system, kept);
  return "one that expired is gone, one that has an hour left is not";
};
