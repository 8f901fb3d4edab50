import type { Client } from "#client/client.ts";
import { findObject } from "#client/find-object.ts";
import type { Controller } from "#controllers/controller.ts";
import { type Effect, requeueAfter } from "#controllers/effects.ts";
import type { OwnerReference } from "#gen/api/meta/v1.ts";
import { AbsentOwners } from "./absent-owners.ts";
import { foregroundFinalizer, Graph, type GraphNode, names, type Work } from "./graph.ts";
import { ObservedResources } from "./observed-resources.ts";
import { type Dependent, type OwnerSeen, type OwnerState, orphan, reconcile } from "./reconcile.ts";

/** New custom resources are noticed within this time. */
const discoverySeconds = 30;
const discoveryKey = "discovery";

export const garbageCollector: Controller = {
  name: "garbage-collector-controller",
  workers: 20,
  watch(context) {
    const { client, enqueue } = context;
    const graph = new Graph();
    const wake = (work: readonly Work[]): void => {
      for (const { verb, uid } of work) enqueue(`${verb} ${uid}`);
    };
    const resources = new ObservedResources(context, {
      added: (object) => wake(graph.upsert(object)),
      updated: (_, object) => wake(graph.upsert(object)),
      deleted: ({ metadata }) => wake(graph.remove(metadata.uid ?? "")),
    });
    const collector = new Collector(client, graph, resources, wake);
    let ready = false;
    enqueue(discoveryKey);
    return async (key) => {
      if (key === discoveryKey) {
        await resources.refresh(client);
        ready = true;
        return [requeueAfter(discoverySeconds)];
      }
      // Judged on half of the objects, every owner in the other half would need a live look.
      if (!ready) return [requeueAfter(0.2)];
      const [verb, uid = ""] = key.split(" ");
      const node = graph.get(uid);
      if (node === undefined) return [];
      return verb === "orphan" ? collector.orphan(node) : collector.collect(node);
    };
  },
};

class Collector {
  readonly #client: Client;
  readonly #graph: Graph;
  readonly #resources: ObservedResources;
  readonly #wake: (work: readonly Work[]) => void;
  readonly #absent = new AbsentOwners();

  constructor(
    client: Client,
    graph: Graph,
    resources: ObservedResources,
    wake: (work: readonly Work[]) => void,
  ) {
    this.#client = client;
    this.#graph = graph;
    this.#resources = resources;
    this.#wake = wake;
  }

  async collect(node: GraphNode): Promise<readonly Effect[]> {
    if (node.beingDeleted && !node.deletingDependents) return [];
    if (!node.virtual && !node.deletingDependents && this.#isKept(node)) return [];
    const live = await this.#live(node);
    if (live === undefined) {
      this.#wake(this.#graph.remove(node.uid));
      return [];
    }
    // It is there after all, only not yet shown by its informer: that will speak when it is.
    if (node.virtual) return [];
    const owners: OwnerSeen[] = [];
    for (const reference of live.object.metadata.ownerReferences ?? []) {
      owners.push({ reference, state: await this.#stateOf(reference, node.namespace) });
    }
    if (node.deletingDependents) {
      this.#wake(
        [...node.dependents]
          .filter((dependent) => !dependent.deletingDependents)
          .map(({ uid }) => ({ verb: "delete", uid })),
      );
    }
    return reconcile(live, owners, node);
  }

  /** Every owner is known and stays; should one go, its end will bring us back here. */
  #isKept({ owners, namespace }: GraphNode): boolean {
    return owners.every((reference) => this.#knownState(reference, namespace) === "solid");
  }

  /** By what the informers have shown; undefined: only a live look can tell. */
  #knownState(reference: OwnerReference, namespace: string): OwnerState | undefined {
    const node = this.#graph.get(reference.uid);
    if (node === undefined || node.virtual || !names(reference, node)) return undefined;
    if (node.namespace !== "" && node.namespace !== namespace) return undefined;
    return node.deletingDependents ? "waiting" : "solid";
  }

  async orphan(node: GraphNode): Promise<readonly Effect[]> {
    const owner = await this.#live(node);
    if (owner === undefined) return [];
    const dependents = await Promise.all([...node.dependents].map((it) => this.#live(it)));
    return orphan(
      owner,
      dependents.filter((it) => it !== undefined),
    );
  }

  /** The object as it is now; undefined: there is none of this uid. */
  async #live({
    apiVersion,
    kind,
    namespace,
    name,
    uid,
  }: GraphNode): Promise<Dependent | undefined> {
    const ref = this.#resources.refOf(apiVersion, kind);
    if (ref === undefined) throw new Error(`no resource serves ${apiVersion} ${kind}`);
    const object = await findObject(this.#client, ref, ref.namespaced ? namespace : "", name);
    return object?.metadata.uid === uid ? { ref, object } : undefined;
  }

  async #stateOf(reference: OwnerReference, namespace: string): Promise<OwnerState> {
    const { uid, apiVersion, kind, name } = reference;
    if (this.#absent.has(namespace, reference)) return "absent";
    const known = this.#knownState(reference, namespace);
    if (known !== undefined) return known;
    const ref = this.#resources.refOf(apiVersion, kind);
    if (ref === undefined) throw new Error(`no resource serves the owner ${apiVersion} ${kind}`);
    // A cluster-scoped object cannot be owned by a namespaced one: upstream leaves it alone.
    if (ref.namespaced && namespace === "") return "solid";
    const owner = await findObject(this.#client, ref, ref.namespaced ? namespace : "", name);
    if (owner?.metadata.uid !== uid) {
      this.#absent.add(namespace, reference);
      return "absent";
    }
    const { deletionTimestamp, finalizers = [] } = owner.metadata;
    const waiting = deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer);
    return waiting ? "waiting" : "solid";
  }
}
