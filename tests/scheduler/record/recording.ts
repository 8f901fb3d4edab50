/** Plays a random scenario on a stock control plane and notes what its scheduler made of each pod. */
import { setTimeout as sleep } from "node:timers/promises";
import { isReason } from "#apimachinery/status.ts";
import { replicasets, statefulsets } from "#gen/api/apps/v1.ts";
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
import { runtimeclasses } from "#gen/api/node/v1.ts";
import { poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import { csidrivers, csinodes, csistoragecapacities, storageclasses } from "#gen/api/storage/v1.ts";
import type { Scenario, TraceStep } from "../traces.ts";
import { Promises } from "./promises.ts";
import { className, priorities, type RandomScenario } from "./random-scenario.ts";
import type { StockScheduler } from "./stock-scheduler.ts";

export type Recorded = Omit<Scenario, "configuration">;

const spaces = ["red", "green", "blue"];
/** The scheduler's informers have seen what was made. */
const settleMs = 700;
const lookEveryMs = 15;
const waitMsMax = 20_000;
const merge = "application/merge-patch+json";
const gone = { gracePeriodSeconds: 0 };

export class Recording {
  readonly #stock: StockScheduler;
  readonly #promises: Promises;

  constructor(stock: StockScheduler) {
    this.#stock = stock;
    this.#promises = new Promises(stock.client);
  }

  async prepare(): Promise<void> {
    const { client } = this.#stock;
    for (const name of spaces) {
      await client.create(namespaces, "", { metadata: { name }, spec: {}, status: {} });
      const metadata = { name: "default", namespace: name };
      await client.create(serviceaccounts, name, { metadata, automountServiceAccountToken: false });
    }
    for (const value of priorities)
      await client.create(priorityclasses, "", { metadata: { name: className(value) }, value });
    await client.create(runtimeclasses, "", {
      metadata: { name: "heavy" },
      handler: "heavy",
      overhead: { podFixed: { cpu: "10m", memory: "10Mi" } },
    });
  }

  async record(scenario: RandomScenario, steps: number): Promise<Recorded> {
    const { nextPod, ...opening } = scenario;
    const bound = await this.#open(opening);
    await sleep(settleMs);
    const recorded: TraceStep[] = [];
    while (recorded.length < steps) {
      const step = await this.#step(nextPod());
      if (step !== undefined) recorded.push(step);
    }
    await this.#close();
    return { ...opening, pods: bound, steps: recorded };
  }

  /** Returns the bound pods that the server took. */
  async #open(opening: Omit<RandomScenario, "nextPod">): Promise<Pod[]> {
    const { client } = this.#stock;
    for (const [name, labels] of Object.entries(opening.namespaces)) {
      const wanted = { team: null, ...labels };
      await client.patch(namespaces, { namespace: "", name }, merge, {
        metadata: { labels: wanted },
      });
    }
    for (const node of opening.nodes) {
      const { name } = node.metadata;
      await client.create(nodes, "", node);
      const taints = node.spec.taints ?? null;
      await client.patch(nodes, { namespace: "", name }, merge, { spec: { taints } });
    }
    await this.#store(storageclasses, opening.classes ?? []);
    await this.#store(csidrivers, opening.drivers ?? []);
    await this.#store(csinodes, opening.csiNodes ?? []);
    await this.#store(csistoragecapacities, opening.capacities ?? []);
    await this.#store(persistentvolumes, opening.volumes ?? []);
    await this.#store(persistentvolumeclaims, opening.claims ?? []);
    await this.#store(poddisruptionbudgets, opening.budgets ?? []);
    await this.#store(services, opening.services ?? []);
    await this.#store(replicasets, opening.replicaSets ?? []);
    await this.#store(statefulsets, opening.statefulSets ?? []);
    const bound: Pod[] = [];
    for (const pod of opening.pods) {
      if ((await this.#create(pod)) === undefined) continue;
      await this.#patchStatus(pods, pod);
      bound.push(pod);
    }
    return bound;
  }

  async #store<T extends KubeObject & { status?: unknown }>(
    ref: ResourceRef<T>,
    objects: readonly T[],
  ): Promise<void> {
    for (const object of objects) {
      // Its own kind, whole.
      await this.#stock.client.create(ref, object.metadata.namespace ?? "", object as never);
      if (object.status !== undefined && object.kind !== "CSINode")
        await this.#patchStatus(ref, object);
    }
  }

  async #patchStatus<T extends KubeObject & { status?: unknown }>(
    ref: ResourceRef<T>,
    { metadata, status }: T,
  ) {
    const target = {
      namespace: metadata.namespace ?? "",
      name: metadata.name ?? "",
      subresource: "status",
    };
    await this.#stock.client.patch(ref, target, merge, { status });
  }

  /** undefined: the server refuses it. */
  async #create(pod: Pod): Promise<Pod | undefined> {
    try {
      return await this.#stock.client.create(pods, pod.metadata.namespace ?? "", pod);
    } catch (error) {
      if (isReason(error, "Invalid") || isReason(error, "Forbidden")) return undefined;
      throw error;
    }
  }

  async #names(): Promise<string[]> {
    const { items } = await this.#stock.client.list(pods, {});
    return items
      .filter(({ metadata, spec }) => spec.nodeName && metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }

  async #missing(before: readonly string[]): Promise<string[]> {
    const left = new Set(await this.#names());
    return before.filter((name) => !left.has(name)).sort();
  }

  /** `promised`: its volumes will be on that node, once somebody made them. */
  async #until(
    pod: Pod,
    what: string,
    reached: (pod: Pod) => boolean,
  ): Promise<{ readonly pod: Pod; readonly promised?: string | undefined }> {
    const { name, namespace = "" } = pod.metadata;
    const end = performance.now() + waitMsMax;
    while (performance.now() < end) {
      const now = await this.#stock.client.get(pods, namespace, name);
      if (reached(now)) return { pod: now };
      const promised = await this.#promises.nodeFor(pod);
      if (promised !== undefined) return { pod: now, promised };
      await sleep(lookEveryMs);
    }
    throw new Error(`${namespace}/${name}: ${what} did not come`);
  }

  async #step(pod: Pod): Promise<TraceStep | undefined> {
    const before = await this.#names();
    const created = await this.#create(pod);
    if (created === undefined) return undefined;
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const refusal = (now: Pod) =>
      now.status?.conditions?.find(
        ({ type, status }) => type === "PodScheduled" && status === "False",
      );
    const isTold = (now: Pod) => Boolean(now.spec.nodeName || refusal(now));
    const { pod: told, promised } = await this.#until(pod, "a decision", isTold);
    const node = told.spec.nodeName || promised;
    const scores = node ? await this.#stock.scoresOf(key, promised === undefined) : {};
    const total = Object.fromEntries(
      Object.entries(scores).map(([name, row]) => [
        name,
        Object.values(row).reduce((a, b) => a + b, 0),
      ]),
    );
    const asked = { ...pod, spec: { ...pod.spec, tolerations: created.spec.tolerations } };
    const message = refusal(told)?.message ?? null;
    const step = { pod: asked, node: node ?? null, message, scores, total };
    if (promised !== undefined) return this.#withdraw(step, before);
    if (message === null) {
      // Room may have been made for it before anybody looked.
      const victims = await this.#missing(before);
      return victims.length === 0 ? step : { ...step, nominated: step.node ?? "", victims };
    }
    const nominated = told.status?.nominatedNodeName;
    if (!nominated) {
      await this.#delete(pod);
      return step;
    }
    const settled = await this.#until(pod, "its room", (now) => Boolean(now.spec.nodeName));
    const victims = await this.#missing(before);
    const made = { ...step, nominated, victims };
    if (settled.promised !== undefined) return this.#withdraw({ ...made, node: null }, before);
    return { ...made, node: settled.pod.spec.nodeName ?? null };
  }

  /** Nobody makes volumes here: the pod goes, and its claims wait again. */
  async #withdraw(step: TraceStep, before: readonly string[]): Promise<TraceStep> {
    await this.#delete(step.pod);
    await this.#promises.free(step.pod);
    await sleep(4 * lookEveryMs);
    const victims = await this.#missing(before);
    if (victims.length === 0) return { ...step, left: true };
    return {
      ...step,
      left: true,
      nominated: step.nominated ?? step.node ?? "",
      victims,
      node: null,
    };
  }

  async #delete({ metadata }: Pod): Promise<void> {
    await this.#stock.client.delete(pods, metadata.namespace ?? "", metadata.name, gone);
    // The scheduler forgets it, and whom it nominated.
    await sleep(4 * lookEveryMs);
  }

  async #close(): Promise<void> {
    const { client } = this.#stock;
    for (const namespace of spaces) {
      await client.deleteCollection(pods, { namespace }, gone);
      await client.deleteCollection(poddisruptionbudgets, { namespace });
      await client.deleteCollection(services, { namespace });
      await client.deleteCollection(replicasets, { namespace });
      await client.deleteCollection(statefulsets, { namespace });
      await this.#release(persistentvolumeclaims, namespace);
    }
    await this.#release(persistentvolumes, "");
    await client.deleteCollection(csistoragecapacities, { namespace: "red" });
    await client.deleteCollection(storageclasses, {});
    await client.deleteCollection(csidrivers, {});
    await client.deleteCollection(csinodes, {});
    await client.deleteCollection(nodes, {});
    await sleep(settleMs);
  }

  /** Deletes objects that finalizers would keep. */
  async #release<T extends KubeObject>(ref: ResourceRef<T>, namespace: string): Promise<void> {
    const { client } = this.#stock;
    for (const { metadata } of (await client.list(ref, { namespace })).items) {
      const target = { namespace, name: metadata.name ?? "" };
      await client.patch(ref, target, merge, { metadata: { finalizers: null } });
    }
    await client.deleteCollection(ref, { namespace });
  }
}
