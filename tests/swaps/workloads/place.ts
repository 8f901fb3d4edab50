/** Where a scenario plays: a namespace of its own on somebody's API server, with somebody's controllers. */
import type { Client } from "#client/client.ts";
import type { PodTemplateSpec } from "#gen/api/core/v1.ts";
import { namespaces, nodes, type Pod, pods, serviceaccounts } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { until } from "../until.ts";

export interface Place {
  readonly client: Client;
  readonly namespace: string;
}

/** Says what was done, with counts; throws where something is not as it must be. */
export type Scenario = (place: Place) => Promise<string>;

/** A namespace for a scenario; its end, with everything in it, is a part of every scenario. */
export async function inNamespace(
  client: Client,
  name: string,
  scenario: Scenario,
): Promise<string> {
  await client.create(namespaces, "", { metadata: { name }, spec: {} });
  const account = async (): Promise<string> =>
    (await client.get(serviceaccounts, name, "default")).metadata.name;
  await until("the default service account", "default", account);
  const said = await scenario({ client, namespace: name });
  await client.delete(namespaces, "", name);
  await until(`the end of namespace ${name}`, "true", () => isGone(client, namespaces, "", name));
  return said;
}

export async function isGone(
  client: Client,
  ref: ResourceRef,
  namespace: string,
  name: string,
): Promise<string> {
  const { items } = await client.list(ref, { namespace, fieldSelector: `metadata.name=${name}` });
  return `${items.length === 0}`;
}

export async function podsOf({ client, namespace }: Place, app: string): Promise<readonly Pod[]> {
  const { items } = await client.list(pods, { namespace, labelSelector: `app=${app}` });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;

export const nodeCount = async ({ client }: Place): Promise<number> =>
  (await client.list(nodes)).items.filter(({ spec }) => (spec.taints ?? []).length === 0).length;

/** A pod that runs until it is ended; with `runSeconds` its container ends by itself. */
export function template(app: string, image: string, runSeconds?: number): PodTemplateSpec {
  const ends = { "simulated.kubun.io/run-seconds": `${runSeconds}` };
  return {
    metadata: { labels: { app }, ...(runSeconds === undefined ? {} : { annotations: ends }) },
    spec: {
      terminationGracePeriodSeconds: 0,
      ...(runSeconds === undefined ? {} : { restartPolicy: "Never" }),
      containers: [{ name: "c", image }],
    },
  };
}

export async function patched<T extends KubeObject>(
  { client, namespace }: Place,
  ref: ResourceRef<T>,
  name: string,
  patch: object,
): Promise<void> {
  const type =
    "template" in patch ? "application/strategic-merge-patch+json" : "application/merge-patch+json";
  await client.patch(ref, { namespace, name }, type, { spec: patch });
}

export const withImage = (image: string) => ({
  template: { spec: { containers: [{ name: "c", image }] } },
});
