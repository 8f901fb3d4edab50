/**
 * VolumeBinding before a pod is bound: claims that waited for their first consumer get a volume that reaches
 * the node, or are told the node that their volume has to be made for; then their binding is awaited.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "#client/client.ts";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
} from "#gen/api/core/v1.ts";
import { selectedNode } from "#resources/core/v1/claim-binding.ts";
import { claimNamesOf } from "#resources/core/v1/pod-claims.ts";
import type { NodeFacts } from "./node-facts.ts";
import { findVolumes, isBound, type StorageSource } from "./volume-binding.ts";
import type { VolumePromises } from "./volume-promises.ts";

const lookEvery = 200;
const patchType = "application/merge-patch+json";

interface Binding {
  readonly client: Client;
  readonly storage: StorageSource;
  readonly pod: Pod;
  readonly node: NodeFacts;
  /** Shared by all bindings. */
  readonly promises: VolumePromises;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

async function reserve(
  client: Client,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<void> {
  const { name, namespace = "", uid, resourceVersion } = claim.metadata;
  const about = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
  const claimRef = { ...about, namespace, name, uid, resourceVersion };
  await client.patch(persistentvolumes, { namespace: "", name: volume.metadata.name }, patchType, {
    metadata: { uid: volume.metadata.uid },
    spec: { claimRef },
  });
}

async function selectNode(
  client: Client,
  { metadata: { name, namespace = "", uid } }: PersistentVolumeClaim,
  node: NodeFacts,
): Promise<void> {
  const annotations = { [selectedNode]: node.name };
  await client.patch(persistentvolumeclaims, { namespace, name }, patchType, {
    metadata: { uid, annotations },
  });
}

/** Resolves when every claim of the pod is bound. Rejects when one is gone or the time is over. */
export async function bindVolumes(binding: Binding): Promise<void> {
  const { storage, pod, signal } = binding;
  const namespace = pod.metadata.namespace ?? "";
  const open = () =>
    claimNamesOf(pod).flatMap((name) => {
      const claim = storage.claim(namespace, name);
      if (claim === undefined) throw new Error(`persistentvolumeclaim "${name}" not found`);
      return isBound(claim) ? [] : [claim];
    });
  const unbound = open();
  if (unbound.length === 0) return;
  const { client, node, promises } = binding;
  const found = findVolumes({ bound: [], waiting: unbound }, storage, node);
  if (found.verdict !== 0) throw new Error("the node's volumes have gone to others");
  const volumes = found.bindings.map(({ volume }) => volume.metadata.name);
  const takeBack = promises.make(found, node.name);
  /** Others see it in the volume itself. */
  const isTaken = (name: string) => storage.volume(name)?.spec.claimRef !== undefined;
  try {
    for (const { claim, volume } of found.bindings) await reserve(client, claim, volume);
    for (const { claim } of found.provisions) await selectNode(client, claim, node);
    const end = performance.now() + binding.timeoutSeconds * 1000;
    while (open().length > 0 || !volumes.every(isTaken)) {
      if (performance.now() > end) throw new Error("binding volumes: context deadline exceeded");
      await sleep(lookEvery, undefined, { signal });
    }
  } finally {
    takeBack();
  }
}
