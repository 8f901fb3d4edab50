/** Which objects of its namespace a pod refers to, and thereby shows to its node. */
import type { Pod, PodSpec, Volume } from "#gen/api/core/v1.ts";
import { claimNamesOf, deviceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";

/** A node's own, static pod, shown through the API. */
export const mirrorAnnotation = "kubernetes.io/config.mirror";

export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

export interface References {
  readonly secrets: Set<string>;
  readonly configMaps: Set<string>;
  readonly claims: Set<string>;
  readonly resourceClaims: Set<string>;
}

function emptyReferences(): References {
  return {
    secrets: new Set(),
    configMaps: new Set(),
    claims: new Set(),
    resourceClaims: new Set(),
  };
}

function add(set: Set<string>, name: string | undefined): void {
  if (name !== undefined && name !== "") set.add(name);
}

function addVolume(references: References, volume: Volume): void {
  add(references.secrets, volume.secret?.secretName);
  add(references.secrets, volume.azureFile?.secretName);
  add(references.secrets, volume.cephfs?.secretRef?.name);
  add(references.secrets, volume.cinder?.secretRef?.name);
  add(references.secrets, volume.csi?.nodePublishSecretRef?.name);
  add(references.secrets, volume.flexVolume?.secretRef?.name);
  add(references.secrets, volume.iscsi?.secretRef?.name);
  add(references.secrets, volume.rbd?.secretRef?.name);
  add(references.secrets, volume.scaleIO?.secretRef?.name);
  add(references.secrets, volume.storageos?.secretRef?.name);
  add(references.configMaps, volume.configMap?.name);
  for (const source of volume.projected?.sources ?? []) {
    add(references.secrets, source.secret?.name);
    add(references.configMaps, source.configMap?.name);
  }
}

function addContainers(references: References, spec: PodSpec): void {
  const containers = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const { env = [], envFrom = [] } of containers) {
    for (const { valueFrom } of env ?? []) {
      add(references.secrets, valueFrom?.secretKeyRef?.name);
      add(references.configMaps, valueFrom?.configMapKeyRef?.name);
    }
    for (const source of envFrom ?? []) {
      add(references.secrets, source.secretRef?.name);
      add(references.configMaps, source.configMapRef?.name);
    }
  }
}

/** Names in the pod's own namespace. */
export function referencesOf(pod: Pod): References {
  const references = emptyReferences();
  for (const reference of pod.spec.imagePullSecrets ?? []) add(references.secrets, reference.name);
  for (const volume of pod.spec.volumes ?? []) addVolume(references, volume);
  addContainers(references, pod.spec);
  for (const name of claimNamesOf(pod)) add(references.claims, name);
  for (const name of deviceClaimNamesOf(pod)) add(references.resourceClaims, name);
  return references;
}
