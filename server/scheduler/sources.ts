/** Where the scheduler's knowledge comes from: informers, and what each event means to cache and queue. */
import { randomUUID } from "node:crypto";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import { createInformer, type Informer } from "#client/informer.ts";
import { replicasets, statefulsets } from "#gen/api/apps/v1.ts";
import {
  namespaces,
  nodes,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  replicationcontrollers,
  services,
} from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import {
  type DeviceClass,
  type DeviceTaintRule,
  deviceclasses,
  devicetaintrules,
  type ResourceClaim,
  type ResourceSlice,
  resourceclaims,
  resourceslices,
} from "#gen/api/resource/v1.ts";
import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  type VolumeAttachment,
  volumeattachments,
} from "#gen/api/storage/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import { attachedVolume } from "./attached-volumes.ts";
import { podKey, type SchedulerCache } from "./cache.ts";
import {
  classesByResource,
  isExtendedClaimOf,
  type ResourceClasses,
} from "./devices/extended-resources.ts";
import { DeviceLedger } from "./devices/ledger.ts";
import type { DeviceSources } from "./devices/plan.ts";
import { claimsOf } from "./devices/pod-claims.ts";
import { SliceIndex } from "./devices/slices.ts";
import { leanPods } from "./lean-pod.ts";
import { sameForPlacement } from "./node-facts.ts";
import type { ClusterEvent } from "./plugins/plugin.ts";
import type { SchedulingQueue } from "./queue.ts";
import { defaultSpreadSelector } from "./spread-selector.ts";
import { isLeaving } from "./victims.ts";
import { VolumePromises } from "./volume-promises.ts";

interface DeviceInformers {
  readonly deviceClaims: Informer<ResourceClaim>;
  readonly deviceClasses: Informer<DeviceClass>;
  readonly deviceSlices: Informer<ResourceSlice>;
  readonly deviceTaintRules: Informer<DeviceTaintRule>;
}

function deviceSources(informers: DeviceInformers, clock: Clock) {
  const { deviceClaims, deviceClasses, deviceSlices, deviceTaintRules } = informers;
  const ledger = new DeviceLedger();
  let slices: SliceIndex | undefined;
  let byResource: ResourceClasses | undefined;
  const sources = {
    claim: (namespace, name) => deviceClaims.get(namespace, name),
    classOf: (name) => deviceClasses.get("", name),
    resourceClasses() {
      byResource ??= classesByResource(deviceClasses.list());
      return byResource;
    },
    extendedClaimOf: (pod) =>
      deviceClaims.list(pod.metadata.namespace).find((one) => isExtendedClaimOf(pod, one)),
    slices() {
      slices ??= new SliceIndex(deviceSlices.list(), deviceTaintRules.list());
      return slices;
    },
    ledger,
    newId: randomUUID,
    now: () => clock.now(),
  } satisfies DeviceSources;
  return {
    sources,
    forgetSlices(): void {
      slices = undefined;
    },
    forgetClasses(): void {
      byResource = undefined;
    },
  };
}

export function openSources(client: Client, logger: Logger, clock: Clock) {
  const options = { logger };
  const of = {
    pods: createInformer(client, pods, { ...options, transform: leanPods() }),
    nodes: createInformer(client, nodes, options),
    namespaces: createInformer(client, namespaces, options),
    services: createInformer(client, services, options),
    replicaSets: createInformer(client, replicasets, options),
    statefulSets: createInformer(client, statefulsets, options),
    replicationControllers: createInformer(client, replicationcontrollers, options),
    budgets: createInformer(client, poddisruptionbudgets, options),
    claims: createInformer(client, persistentvolumeclaims, options),
    volumes: createInformer(client, persistentvolumes, options),
    classes: createInformer(client, storageclasses, options),
    drivers: createInformer(client, csidrivers, options),
    csiNodes: createInformer(client, csinodes, options),
    capacities: createInformer(client, csistoragecapacities, options),
    attachments: createInformer(client, volumeattachments, options),
    deviceClaims: createInformer(client, resourceclaims, options),
    deviceClasses: createInformer(client, deviceclasses, options),
    deviceSlices: createInformer(client, resourceslices, options),
    deviceTaintRules: createInformer(client, devicetaintrules, options),
  };
  const devices = deviceSources(of, clock);
  const promises = new VolumePromises();
  const all: readonly Pick<Informer<KubeObject>, "start" | "synced">[] = Object.values(of);
  return {
    ...of,
    async start(signal: AbortSignal): Promise<void> {
      const aborted = abortOf(signal);
      // What a pod's claims are must be known when the pod comes.
      const first: typeof all = [of.claims, of.volumes, of.classes, of.deviceClaims];
      for (const informer of first) informer.start(signal);
      await Promise.race([Promise.all(first.map((informer) => informer.synced())), aborted]);
      for (const informer of all) if (!first.includes(informer)) informer.start(signal);
      await Promise.race([Promise.all(all.map((informer) => informer.synced())), aborted]);
    },
    promises,
    storage: promises.over({
      claim: (namespace, name) => of.claims.get(namespace, name),
      volume: (name) => of.volumes.get("", name),
      volumes: () => of.volumes.list(),
      storageClass: (name) => of.classes.get("", name),
      driver: (name) => of.drivers.get("", name),
      capacities: () => of.capacities.list(),
    }),
    devices: devices.sources,
    lacksClaims: (pod: Pod) =>
      typeof claimsOf(pod, (namespace, name) => of.deviceClaims.get(namespace, name)) === "string",
    /** Slices or rules changed. */
    forgetSlices: devices.forgetSlices,
    forgetClasses: devices.forgetClasses,
    podOf(key: string): Pod | undefined {
      const slash = key.indexOf("/");
      return of.pods.get(key.slice(0, slash), key.slice(slash + 1));
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

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

interface Fed {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  /** Does the pod ask for one of our profiles? */
  readonly isOurs: (pod: Pod) => boolean;
  /** The pod is gone, or runs no more. */
  readonly gone: (pod: Pod) => void;
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
    queue.move({ kind: "namespace" });
    wake();
  };
  const storage = (): void => {
    queue.move({ kind: "storage" });
    wake();
  };
  const stored = { added: storage, updated: storage, deleted: storage };
  for (const informer of [
    ...[sources.claims, sources.volumes, sources.classes],
    ...[sources.drivers, sources.capacities],
  ])
    informer.onChange(stored);
  feedAttached(sources, fed, storage);
  feedDevices(sources, fed);
  sources.budgets.onChange({
    added: (budget) => cache.budgets.set(budget),
    updated: (_, budget) => cache.budgets.set(budget),
    deleted: ({ metadata }) => cache.budgets.remove(metadata.namespace ?? "", metadata.name),
  });
  sources.namespaces.onChange({
    added: relabel,
    updated: (_old, namespace) => relabel(namespace),
    deleted: ({ metadata }) => cache.setNamespace(metadata.name ?? "", undefined),
  });
}

function feedNodes(sources: ReturnType<typeof openSources>, { cache, queue, wake }: Fed): void {
  sources.nodes.onChange({
    added(node) {
      cache.setNode(node);
      queue.move({ kind: "node", node });
      wake();
    },
    updated(old, node) {
      if (sameForPlacement(old, node)) return;
      cache.setNode(node);
      queue.move({ kind: "node", before: old, node });
      wake();
    },
    deleted(node) {
      cache.removeNode(node.metadata.name);
      queue.move({ kind: "node", before: node });
      wake();
    },
  });
}

function feedAttached(
  sources: ReturnType<typeof openSources>,
  { cache: { attached } }: Fed,
  changed: () => void,
): void {
  sources.csiNodes.onChange({
    added(csiNode) {
      attached.setNode(csiNode);
      changed();
    },
    updated(_, csiNode) {
      attached.setNode(csiNode);
      changed();
    },
    deleted: ({ metadata }) => attached.removeNode(metadata.name),
  });
  const attach = (attachment: VolumeAttachment) => {
    const { persistentVolumeName, inlineVolumeSpec } = attachment.spec.source;
    const volume = sources.volumes.get("", persistentVolumeName ?? "");
    const spec = volume?.spec ?? inlineVolumeSpec;
    attached.setAttachment(attachment, spec && attachedVolume(spec, volume?.metadata.labels));
  };
  sources.attachments.onChange({
    added: attach,
    updated: (_, attachment) => attach(attachment),
    deleted({ metadata }) {
      attached.removeAttachment(metadata.name);
      changed();
    },
  });
}

function feedDevices(sources: ReturnType<typeof openSources>, { queue, wake }: Fed): void {
  const { ledger } = sources.devices;
  const claimChanged = (before?: ResourceClaim, claim?: ResourceClaim): void => {
    if (claim !== undefined) ledger.set(claim);
    else if (before !== undefined) ledger.remove(before);
    queue.claimsChanged();
    queue.move({ kind: "claim", before, claim });
    wake();
  };
  sources.deviceClaims.onChange({
    added: (claim) => claimChanged(undefined, claim),
    updated: claimChanged,
    deleted: (claim) => claimChanged(claim),
  });
  const republished = (): void => {
    sources.forgetSlices();
    queue.move({ kind: "devices" });
    wake();
  };
  for (const informer of [sources.deviceSlices, sources.deviceTaintRules])
    informer.onChange({ added: republished, updated: republished, deleted: republished });
  const classChanged = (before?: DeviceClass, now?: DeviceClass): void => {
    sources.forgetClasses();
    queue.move({ kind: "deviceClass", before, now });
    wake();
  };
  sources.deviceClasses.onChange({
    added: (deviceClass) => classChanged(undefined, deviceClass),
    updated: classChanged,
    deleted: (deviceClass) => classChanged(deviceClass),
  });
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

function takePod(fed: Fed, old: Pod | undefined, pod: Pod): void {
  const { cache, queue, wake } = fed;
  if (isFinished(pod)) {
    dropPod(fed, pod);
    return;
  }
  const key = podKey(pod);
  if (pod.spec.nodeName) {
    // What had no node before comes with it, to all who wait: it asked for nothing, and nothing becomes free.
    const comes = !old?.spec.nodeName || !cache.has(key);
    queue.remove(key);
    cache.nominations.remove(key);
    cache.setPod(pod);
    if (comes) queue.move({ kind: "pod", pod });
    else if (placementChanged(old, pod)) queue.move({ kind: "pod", before: old, pod });
    wake();
    return;
  }
  // A pod on its way to a node is settled by its binding.
  if (cache.isAssumed(key)) return;
  if (isLeaving(pod)) {
    queue.remove(key);
    if (!cache.nominations.remove(key)) return;
    queue.move(freedBy(pod));
    wake();
    return;
  }
  noteNomination(fed, old, pod);
  if (fed.isOurs(pod)) queue.set(key, pod);
  else if (!hopesElsewhere(old, pod)) return;
  if (old !== undefined && hopesElsewhere(old, pod)) queue.move(freedBy(old));
  wake();
}

/** The room that was kept for the pod is so no longer. */
function hopesElsewhere(old: Pod | undefined, { status }: Pod): boolean {
  const before = old?.status?.nominatedNodeName ?? "";
  return before !== "" && before !== (status?.nominatedNodeName ?? "");
}

/** As if it had stood there: pods that heeded it may fit now, itself among them. */
function freedBy(hoping: Pod): ClusterEvent {
  return { kind: "pod", before: hoping, upTo: hoping.spec.priority ?? 0 };
}

/** May other pods' chances depend on what changed? */
function placementChanged(old: Pod, pod: Pod): boolean {
  return (
    isLeaving(old) !== isLeaving(pod) ||
    !deepEqual(old.metadata.labels, pod.metadata.labels) ||
    !deepEqual(old.spec, pod.spec) ||
    !deepEqual(resourcesOf(old), resourcesOf(pod))
  );
}

/** What in-place resize changes. */
function resourcesOf({ status }: Pod) {
  return [status?.resize, status?.containerStatuses?.map(({ resources }) => resources)];
}

/** Somebody wrote status.nominatedNodeName (this scheduler before a restart, or another one). */
function noteNomination({ cache }: Fed, old: Pod | undefined, pod: Pod): void {
  const now = pod.status?.nominatedNodeName ?? "";
  if (now === (old?.status?.nominatedNodeName ?? "")) return;
  const key = podKey(pod);
  if (now === "") cache.nominations.remove(key);
  else if (cache.nominations.nodeOf(key) !== now) cache.nominate(pod, now);
}

function dropPod({ cache, queue, gone, wake }: Fed, pod: Pod): void {
  const key = podKey(pod);
  gone(pod);
  queue.remove(key);
  if (cache.nominations.remove(key)) {
    queue.move(freedBy(pod));
    wake();
  }
  if (!cache.has(key)) return;
  cache.removePod(key);
  queue.move({ kind: "pod", before: pod });
  wake();
}
