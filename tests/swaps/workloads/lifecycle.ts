import assert from "node:assert/strict";
import { configmaps, namespaces } from "#gen/api/core/v1.ts";
import { until } from "../until.ts";
import { isGone, type Place, type Scenario } from "./place.ts";

const dependents = 3;
const finalizer = "swaps.kubun.io/held";

async function family({ client, namespace }: Place, owner: string): Promise<void> {
  const { metadata } = await client.create(configmaps, namespace, { metadata: { name: owner } });
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: owner, uid: metadata.uid ?? "" };
  for (let at = 0; at < dependents; at++) {
    const ownerReferences = [{ ...reference, blockOwnerDeletion: true }];
    const child = { name: `${owner}-${at}`, labels: { of: owner }, ownerReferences };
    await client.create(configmaps, namespace, { metadata: child });
  }
}

/** How many are left, and how many of those still name an owner. */
async function left({ client, namespace }: Place, owner: string): Promise<string> {
  const { items } = await client.list(configmaps, { namespace, labelSelector: `of=${owner}` });
  const owned = items.filter(({ metadata }) => (metadata.ownerReferences ?? []).length > 0);
  return `${items.length} ${owned.length}`;
}

export const garbageCollection: Scenario = async (place) => {
  const { client, namespace } = place;
  const wanted = { Background: "0 0", Foreground: "0 0", Orphan: `${dependents} 0` } as const;
  for (const policy of ["Background", "Foreground", "Orphan"] as const) {
    const owner = policy.toLowerCase();
    await family(place, owner);
    await client.delete(configmaps, namespace, owner, { propagationPolicy: policy });
    await until(`${policy}: the owner to go`, "true", () =>
      isGone(client, configmaps, namespace, owner),
    );
    await until(`${policy}: dependents and owned ones`, wanted[policy], () => left(place, owner));
  }
  return `background, foreground and orphan over ${dependents} dependents each`;
};

export const namespaceDeletion: Scenario = async ({ client, namespace }) => {
  const name = `${namespace}-held`;
  await client.create(namespaces, "", { metadata: { name }, spec: {} });
  const metadata = { name: "held", finalizers: [finalizer] };
  await client.create(configmaps, name, { metadata });
  await client.delete(namespaces, "", name);
  await until("it to say what holds it", "Terminating true", async () => {
    const { status } = await client.get(namespaces, "", name);
    const held = status?.conditions?.some(
      ({ type, status: is }) => type === "NamespaceFinalizersRemaining" && is === "True",
    );
    return `${status?.phase} ${held}`;
  });
  const late = client.create(configmaps, name, { metadata: { name: "late" } });
  await assert.rejects(late, /being terminated/);
  const target = { namespace: name, name: "held" };
  const free = { metadata: { finalizers: null } };
  await client.patch(configmaps, target, "application/merge-patch+json", free);
  await until("its end", "true", () => isGone(client, namespaces, "", name));
  return "held by a finalizer, told so, refused more, gone";
};
