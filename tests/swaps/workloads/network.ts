import assert from "node:assert/strict";
import { deployments } from "#gen/api/apps/v1.ts";
import { endpoints, pods, services } from "#gen/api/core/v1.ts";
import { endpointslices } from "#gen/api/discovery/v1.ts";
import { servicecidrs } from "#gen/api/networking/v1.ts";
import { until } from "../until.ts";
import { isGone, isReady, type Place, patched, podsOf, type Scenario, template } from "./place.ts";

const sorted = (addresses: readonly string[]): string => addresses.toSorted().join();

async function inSlices({ client, namespace }: Place): Promise<string> {
  const labelSelector = "kubernetes.io/service-name=web";
  const { items } = await client.list(endpointslices, { namespace, labelSelector });
  const ready = items
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready === true);
  return sorted(ready.flatMap(({ addresses }) => addresses));
}

async function inEndpoints({ client, namespace }: Place): Promise<string> {
  const { subsets = [] } = await client.get(endpoints, namespace, "web");
  return sorted(subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)));
}

async function ofPods(place: Place): Promise<readonly string[]> {
  const ready = (await podsOf(place, "web")).filter(isReady);
  return ready.map(({ status }) => status?.podIP ?? "");
}

/** While pods come, go and are ended, both forms come to say exactly which are ready. */
export const endpointsUnderChurn: Scenario = async (place) => {
  const { client, namespace } = place;
  const selector = { matchLabels: { app: "web" } };
  const spec = { replicas: 3, selector, template: template("web", "example.test/c:1") };
  await client.create(services, namespace, {
    metadata: { name: "web" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await client.create(deployments, namespace, { metadata: { name: "web" }, spec });
  const sizes = [3, 6, 2, 5];
  for (const replicas of sizes) {
    await patched(place, deployments, "web", { replicas });
    const [victim] = await podsOf(place, "web");
    // It may be one that the smaller size has just removed.
    const end = client.delete(pods, namespace, victim?.metadata.name ?? "");
    await end.catch((error: unknown) => assert.match(String(error), /not found/));
    await until(`${replicas} pods, and both forms`, `${replicas} true true`, async () => {
      const addresses = await ofPods(place);
      const expected = sorted(addresses);
      const same = [await inSlices(place), await inEndpoints(place)].map((it) => it === expected);
      return `${addresses.length} ${same.join(" ")}`;
    });
  }
  return `slices and endpoints are the ready pods at ${sizes.join(", ")} replicas, a pod ended each time`;
};

/** A range is added, gives an address, and goes when nobody has one of it any more. */
export const serviceRange: Scenario = async ({ client, namespace }) => {
  const name = namespace;
  const address = "10.203.7.5";
  await client.create(servicecidrs, "", { metadata: { name }, spec: { cidrs: ["10.203.7.0/28"] } });
  const ready = async (): Promise<string> => {
    const { status } = await client.get(servicecidrs, "", name);
    return `${status?.conditions?.find(({ type }) => type === "Ready")?.status}`;
  };
  await until("the range", "True", ready);
  const make = () =>
    client.create(services, namespace, {
      metadata: { name: "ranged" },
      spec: { clusterIP: address, ports: [{ port: 80 }] },
    });
  // Each API server takes the range in when its own watch brings it.
  await until("its address", "given", () => make().then(() => "given", String));
  await client.delete(servicecidrs, "", name);
  await until("its refusal to go", "False", ready);
  await client.delete(services, namespace, "ranged");
  await until("its end", "true", () => isGone(client, servicecidrs, "", name));
  return `gave ${address}, stayed while a service had it`;
};
