/**
 * What a node may know: the objects that its pods refer to. Upstream keeps a graph; here a question walks
 * the pods of the one node, found by the cache's spec.nodeName index.
 */

import { getObject, listObjects, type ObjectReads } from "#apiserver/object-reads.ts";
import {
  configmaps,
  type PersistentVolume,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  secrets,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { resourceclaims } from "#gen/api/resource/v1.ts";
import { volumeattachments } from "#gen/api/storage/v1.ts";
import { isMirror, type References, referencesOf } from "#resources/core/v1/pod-references.ts";

export interface ObjectName {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Secrets that mounting the volume takes, as `namespace/name`. */
function volumeSecrets({ spec }: PersistentVolume): readonly string[] {
  const claimNamespace = spec?.claimRef?.namespace;
  const references = [
    spec?.csi?.controllerExpandSecretRef,
    spec?.csi?.controllerPublishSecretRef,
    spec?.csi?.nodeExpandSecretRef,
    spec?.csi?.nodePublishSecretRef,
    spec?.csi?.nodeStageSecretRef,
    spec?.cephfs?.secretRef,
    spec?.cinder?.secretRef,
    spec?.flexVolume?.secretRef,
    spec?.iscsi?.secretRef,
    spec?.rbd?.secretRef,
    spec?.scaleIO?.secretRef,
  ];
  return references.flatMap((reference) =>
    reference?.name ? [`${reference.namespace ?? claimNamespace ?? ""}/${reference.name}`] : [],
  );
}

export class NodeGraph {
  readonly #reads: ObjectReads;

  constructor(reads: ObjectReads) {
    this.#reads = reads;
  }

  /** Whether some pod of the node, or something that such a pod refers to, refers to the object. */
  reaches(nodeName: string, object: ObjectName): boolean {
    switch (object.resource) {
      case secrets.plural:
        return (
          this.#podsRefer(nodeName, object, (r) => r.secrets) ||
          this.#volumesRefer(nodeName, `${object.namespace}/${object.name}`)
        );
      case configmaps.plural:
        return this.#podsRefer(nodeName, object, (r) => r.configMaps);
      case persistentvolumeclaims.plural:
        return this.#podsRefer(nodeName, object, (r) => r.claims);
      case resourceclaims.plural:
        return this.#podsRefer(nodeName, object, (r) => r.resourceClaims);
      case serviceaccounts.plural:
        return this.#podsOf(nodeName).some((pod) => runsAs(pod, object));
      case persistentvolumes.plural:
        return this.#claimedVolumes(nodeName).some((v) => v.metadata.name === object.name);
      case volumeattachments.plural:
        return (
          getObject(this.#reads, volumeattachments, { name: object.name })?.spec.nodeName ===
          nodeName
        );
      case pods.plural:
        return getObject(this.#reads, pods, object)?.spec?.nodeName === nodeName;
      default:
        return false;
    }
  }

  /** Without its mirror pods: a node made them up, so they open nothing. */
  #podsOf(nodeName: string): readonly Pod[] {
    const index = { name: "spec.nodeName", value: nodeName };
    // Without such an index the cache answers all pods, so the name is looked at again.
    return listObjects(this.#reads, pods, { index }).filter(
      (pod) => pod.spec.nodeName === nodeName && !isMirror(pod),
    );
  }

  #podsRefer(
    nodeName: string,
    { namespace, name }: ObjectName,
    names: (references: References) => ReadonlySet<string>,
  ): boolean {
    return this.#podsOf(nodeName).some(
      (pod) => pod.metadata.namespace === namespace && names(referencesOf(pod)).has(name),
    );
  }

  #claimedVolumes(nodeName: string): readonly PersistentVolume[] {
    return this.#podsOf(nodeName).flatMap((pod) =>
      [...referencesOf(pod).claims].flatMap((name) => {
        const { namespace = "" } = pod.metadata;
        const claim = getObject(this.#reads, persistentvolumeclaims, { namespace, name });
        const volumeName = claim?.spec?.volumeName ?? "";
        const volume = getObject(this.#reads, persistentvolumes, { name: volumeName });
        // Both ends must name each other: a claim alone could point at anybody's volume.
        const claimed = volume?.spec?.claimRef;
        return claimed?.namespace === namespace && claimed.name === name && volume ? [volume] : [];
      }),
    );
  }

  #volumesRefer(nodeName: string, secret: string): boolean {
    return this.#claimedVolumes(nodeName).some((volume) => volumeSecrets(volume).includes(secret));
  }
}

function runsAs(pod: Pod, { namespace, name }: ObjectName): boolean {
  return pod.metadata.namespace === namespace && pod.spec?.serviceAccountName === name;
}
