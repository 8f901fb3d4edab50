/** Where the scheduler's knowledge comes from: informers, and what each event means to cache and queue. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Client } from "#client/client.ts";
import { createInformer, type Informer } from "#client/informer.ts";
import { replicasets, statefulsets } from "#gen/api/apps/v1.ts";
import {
  namespaces,
  nodes,
  type Pod,
  pods,
  replicationcontrollers,
  services,
} from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import { podKey, type SchedulerCache } from "./cache.ts";
import { sameForPlacement } from "./node-facts.ts";
import type { SchedulingQueue } from "./queue.ts";
import { defaultSpreadSelector } from "./spread-selector.ts";

/** Nobody here reads managedFields, and they are half of an object. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}

export function openSources(client: Client, logger: Logger) {
  const options = { logger };
  const of = {
    pods: createInformer(client, pods, { ...options, transform: withoutManagedFields<Pod> }),
    nodes: createInformer(client, nodes, options),
    namespaces: createInformer(client, namespaces, options),
    services: createInformer(client, services, options),
    replicaSets: createInformer(client, replicasets, options),
    statefulSets: createInformer(client, statefulsets, options),
    replicationControllers: createInformer(client, replicationcontrollers, options),
  };
  const all: readonly Pick<Informer<KubeObject>, "start" | "synced">[] = Object.values(of);
  return {
    ...of,
    async start(signal: AbortSignal): Promise<void> {
      for (const informer of all) informer.start(signal);
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([Promise.all(all.map((informer) => informer.synced())), aborted]);
    },
    isPending(pod: Pod): boolean {
      const now = of.pods.get(pod.metadata.namespace ?? "", pod.metadata.name);
      return now?.metadata.uid === pod.metadata.uid && !now?.spec.nodeName;
    },
    defaultSelector: (pod: Pod) =>
      defaultSpreadSelector(pod, {
        services: (namespace) => of.services.list(namespace),
        replicationController: (namespace, name) => of.replicationControllers.get(namespace, name),
        selectorOf(kind, namespace, name) {
          if (kind === "ReplicaSet") return of.replicaSets.get(namespace, name)?.spec.selector;
          return kind === "StatefulSet"
            ? of.statefulSets.get(namespace, name)?.spec.selector
            : undefined;
        },
      }),
  };
}

interface Fed {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly schedulerName: string;
  readonly wake: () => void;
}

export function feed(sources: ReturnType<typeof openSources>, fed: Fed): void {
  feedNodes(sources, fed);
  const { cache, queue, wake } = fed;
  sources.pods.onChange({
    added: (pod) => takePod(fed, undefined, pod),
    updated: (old, pod) => takePod(fed, old, pod),
    deleted: (pod) => dropPod(fed, pod),
  });
  const relabel = (namespace: KubeObject): void => {
    cache.setNamespace(namespace.metadata.name ?? "", namespace.metadata.labels);
    queue.move("other");
    wake();
  };
  sources.namespaces.onChange({ added: relabel, updated: (_old, namespace) => relabel(namespace) });
}

function feedNodes(sources: ReturnType<typeof openSources>, { cache, queue, wake }: Fed): void {
  sources.nodes.onChange({
    added(node) {
      cache.setNode(node);
      queue.move("node");
      wake();
    },
    updated(old, node) {
      if (sameForPlacement(old, node)) return;
      cache.setNode(node);
      queue.move("node");
      wake();
    },
    deleted(node) {
      cache.removeNode(node.metadata.name);
      queue.move("node");
      wake();
    },
  });
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

function isLeaving(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function takePod(fed: Fed, old: Pod | undefined, pod: Pod): void {
  const { cache, queue, wake } = fed;
  if (isFinished(pod)) {
    dropPod(fed, pod);
    return;
  }
  const key = podKey(pod);
  if (pod.spec.nodeName) {
    const fresh = !cache.has(key);
    queue.remove(key);
    cache.setPod(pod);
    const relabelled = old !== undefined && !deepEqual(old.metadata.labels, pod.metadata.labels);
    if (fresh || relabelled) queue.move("pod added");
    if (isLeaving(pod) && old !== undefined && !isLeaving(old)) queue.move("pod removed");
    wake();
    return;
  }
  // A pod on its way to a node is settled by its binding.
  if (cache.isAssumed(key)) return;
  if (isLeaving(pod)) {
    queue.remove(key);
    return;
  }
  if ((pod.spec.schedulerName ?? "default-scheduler") !== fed.schedulerName) return;
  queue.set(key, pod);
  wake();
}

function dropPod({ cache, queue, wake }: Fed, pod: Pod): void {
  const key = podKey(pod);
  queue.remove(key);
  if (!cache.has(key)) return;
  cache.removePod(key);
  queue.move("pod removed");
  wake();
}
