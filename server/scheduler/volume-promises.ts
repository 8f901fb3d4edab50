/**
 * What claims get that pods on their way to a node have waited for, until the API shows it: others must see it as if it
 * did.
 */
import type { PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";
import { selectedNode } from "#resources/core/v1/claim-binding.ts";
import type { FoundVolumes, StorageSource } from "./volume-binding.ts";

const keyOf = ({ metadata }: PersistentVolumeClaim) => `${metadata.namespace}/${metadata.name}`;

export class VolumePromises {
  /** Volume -> whose it will be. */
  readonly #volumes = new Map<string, PersistentVolumeClaim>();
  /** Claim -> node that its volume will be made for. */
  readonly #nodes = new Map<string, string>();

  /** Returns what takes the promises back. */
  make({ bindings, provisions }: FoundVolumes, nodeName: string): () => void {
    for (const { claim, volume } of bindings) this.#volumes.set(volume.metadata.name, claim);
    for (const { claim } of provisions) this.#nodes.set(keyOf(claim), nodeName);
    return () => {
      for (const { volume } of bindings) this.#volumes.delete(volume.metadata.name);
      for (const { claim } of provisions) this.#nodes.delete(keyOf(claim));
    };
  }

  /** The storage as it will be. */
  over(storage: StorageSource): StorageSource {
    return {
      ...storage,
      volumes: () =>
        this.#volumes.size === 0
          ? storage.volumes()
          : storage.volumes().map((volume) => this.#reserved(volume)),
      claim: (namespace, name) => {
        const claim = storage.claim(namespace, name);
        const node = this.#nodes.get(`${namespace}/${name}`);
        if (claim === undefined || node === undefined) return claim;
        const annotations = { [selectedNode]: node, ...claim.metadata.annotations };
        return { ...claim, metadata: { ...claim.metadata, annotations } };
      },
    };
  }

  #reserved(volume: PersistentVolume): PersistentVolume {
    const claim = this.#volumes.get(volume.metadata.name);
    if (claim === undefined || volume.spec.claimRef !== undefined) return volume;
    const { namespace, name, uid } = claim.metadata;
    return { ...volume, spec: { ...volume.spec, claimRef: { namespace, name, uid } } };
  }
}
