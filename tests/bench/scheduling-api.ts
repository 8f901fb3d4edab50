/** Scheduling by a whole stack: pods created through the API until all are bound. The same load for both. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ListOptions } from "#client/client.ts";
import { clientFromKubeconfig, type Kubeconfig } from "#client/kubeconfig.ts";
import {
  namespaces,
  nodes,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  serviceaccounts,
  services,
} from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import { csinodes } from "#gen/api/storage/v1.ts";
import { type EncodedPod, encodedPod, openPodLoad } from "./pod-load.ts";
import { benchNode, benchPod, nodeName, type SchedulingCase, scaled } from "./scheduling-cases.ts";
import { letIn, watchRefused } from "./scheduling-events.ts";
import { benchCsiNode, boundVolume, type VolumeKind } from "./scheduling-volumes.ts";

const writers = 64;
const secondsMax = 600;

async function inParallel<Item>(
  items: Iterable<Item>,
  action: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: writers }, worker));
}

const each = (count: number, action: (index: number) => Promise<unknown>) =>
  inParallel(Array(count).keys(), action);

async function createNode(client: Client, size: SchedulingCase, index: number): Promise<void> {
  const { metadata, spec, status } = benchNode(size, index);
  const conditions = [{ type: "Ready", status: "True", reason: "Bench", message: "ready" }];
  const ready = { ...status, conditions };
  await client.create(nodes, "", { metadata, spec: {}, status: ready });
  const target = { namespace: "", name: metadata.name };
  const type = "application/merge-patch+json";
  await client.patch(nodes, target, type, { spec: { taints: spec.taints ?? null } });
  await client.patch(nodes, { ...target, subresource: "status" }, type, { status: ready });
}

function forApi({ metadata, spec }: Pod) {
  const { name, namespace, labels } = metadata;
  const { priority, ...rest } = spec;
  const graded = priority === undefined ? {} : { priorityClassName: `bench-${priority}` };
  return { metadata: { name, namespace, labels }, spec: { ...rest, ...graded } };
}

/** Of all pods, before they come; nobody binds them here, so they are made bound. */
async function createVolumes(
  client: Client,
  size: SchedulingCase,
  kind: VolumeKind,
): Promise<void> {
  await each(size.nodes, (index) =>
    client.create(csinodes, "", benchCsiNode(kind, nodeName(index))),
  );
  for (const what of ["init", "pods"] as const) {
    await each(size[what][0], async (index) => {
      const { name, namespace = "" } = benchPod(size, what, index).metadata;
      const { volume, claim } = boundVolume(kind, namespace, name);
      const { status: _, ...unstarted } = volume;
      await client.create(persistentvolumes, "", unstarted);
      await client.create(persistentvolumeclaims, namespace, claim);
    });
  }
}

async function until(what: string, done: () => boolean): Promise<void> {
  const end = Date.now() + secondsMax * 1000;
  while (!done()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${secondsMax} s`);
    await sleep(5);
  }
}

/** What a profiler wants to know: when the clock begins and ends to run. */
export interface Clocked {
  started?(): void;
  ended?(): void;
}

/** Namespaces and what admission asks for. Their default service accounts too: no controller runs beside the schedulers. */
async function prepare(client: Client, size: SchedulingCase): Promise<void> {
  await each(size.namespaces, async (index) => {
    const name = `bench-${index}`;
    await client.create(namespaces, "", {
      metadata: { name, labels: { team: "devops" } },
      spec: {},
    });
    const { service: app } = size;
    if (app !== undefined) {
      const ports = [{ port: 80 }];
      await client.create(services, name, {
        metadata: { name: app },
        spec: { selector: { app }, ports },
      });
    }
    await client
      .create(serviceaccounts, name, { metadata: { name: "default", namespace: name } })
      .catch(() => {});
  });
  await client
    .create(priorityclasses, "", { metadata: { name: "bench-10" }, value: 10 })
    .catch(() => {});
}

/** Pods bound a second, creation included. There must be neither pods nor nodes. */
async function pass(
  connection: Kubeconfig,
  size: SchedulingCase,
  clocked: Clocked = {},
): Promise<number> {
  const client = clientFromKubeconfig(connection);
  await each(size.nodes, (index) => createNode(client, size, index));
  if (size.volumes !== undefined) await createVolumes(client, size, size.volumes);
  const load = await openPodLoad(connection);
  const encoded = (what: "init" | "pods") =>
    Array.from({ length: size[what][0] }, (_, index) =>
      encodedPod(forApi(benchPod(size, what, index))),
    );
  const create = (all: readonly EncodedPod[]) => inParallel(all, (pod) => load.create(pod));
  const [init, template] = size.init;
  await create(encoded("init"));
  const before = template === "huge" || template === "gated" ? 0 : init;
  await until(`${size.name}: init pods`, () => load.bound() >= before);
  const count = size.pods[0];
  const counted = encoded("pods");
  const stop = new AbortController();
  const refused = size.form === "events" ? await watchRefused(client, stop.signal) : undefined;
  clocked.started?.();
  const start = performance.now();
  await create(counted);
  if (refused !== undefined) {
    await until(`${size.name}: refusals`, () => refused() >= count);
    await letIn(load, size, each, (index) => createNode(client, size, index));
  }
  await until(`${size.name}: pods`, () => load.bound() >= before + count);
  const seconds = (performance.now() - start) / 1000;
  clocked.ended?.();
  load.close();
  stop.abort();
  return count / seconds;
}

/** Ends all objects of a kind; resolves when they are gone. */
async function clear<T extends KubeObject>(
  client: Client,
  kind: ResourceRef<T>,
  where: ListOptions,
): Promise<void> {
  await client.deleteCollection(kind, where, { gracePeriodSeconds: 0 });
  while ((await client.list(kind, { ...where, limit: 1 })).items.length > 0) await sleep(50);
}

/** Pods of the pass that is not counted, at most. */
const firstPods = 1000;

/**
 * Pods bound a second, creation included. The server must be empty. It does the same once before, of up to a thousand
 * pods, which is not counted: the rates are those of servers that have worked before, and a case of two hundred pods
 * would tell how long code takes that runs for the first time.
 */
export async function runApi(
  connection: Kubeconfig,
  size: SchedulingCase,
  clocked: Clocked = {},
): Promise<number> {
  const client = clientFromKubeconfig(connection);
  await prepare(client, size);
  const first = scaled(size, Math.min(1, firstPods / size.pods[0]));
  // Volumes would stay: no controller takes their protection off.
  await pass(connection, { ...first, volumes: undefined });
  await each(size.namespaces, (index) => clear(client, pods, { namespace: `bench-${index}` }));
  await clear(client, nodes, {});
  return pass(connection, size, clocked);
}
