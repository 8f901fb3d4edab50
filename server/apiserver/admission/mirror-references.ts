/** What of the API a mirror pod names: nodes make these pods of files of their own, which may name nothing. */
import type { Pod, Volume, VolumeProjection } from "#gen/api/core/v1.ts";
import { referencesOf } from "#resources/core/v1/pod-references.ts";

/** As the refusal words it, in upstream's order. */
const ofVolume: readonly (readonly [keyof Volume, string])[] = [
  ["configMap", "configmaps (via configmap volumes)"],
  ["secret", "secrets (via secret volumes)"],
  ["csi", "csidrivers (via CSI volumes)"],
  ["glusterfs", "endpoints (via glusterFS volumes)"],
  ["persistentVolumeClaim", "persistentvolumeclaims"],
  ["ephemeral", "persistentvolumeclaims (via ephemeral volumes)"],
  ["azureFile", "secrets (via azureFile volumes)"],
];

const ofSource: readonly (readonly [keyof VolumeProjection, string])[] = [
  ["configMap", "configmaps (via projected volumes)"],
  ["secret", "secrets (via projected volumes)"],
  ["serviceAccountToken", "serviceaccounts (via projected volumes)"],
  ["clusterTrustBundle", "clustertrustbundles"],
  ["podCertificate", "podcertificates"],
];

function volumeReference(volume: Volume): string | undefined {
  const own = ofVolume.find(([source]) => volume[source] !== undefined);
  if (own !== undefined) return own[1];
  const sources = volume.projected?.sources ?? [];
  const found = sources.map((one) => ofSource.find(([source]) => one[source] !== undefined));
  return found.find((one) => one !== undefined)?.[1];
}

/** undefined: nothing. */
export function apiReferenceOf(pod: Pod): string | undefined {
  const { serviceAccountName, resourceClaims = [], volumes = [] } = pod.spec;
  if (serviceAccountName) return "serviceaccounts";
  const { secrets, configMaps } = referencesOf(pod);
  if (secrets.size > 0) return "secrets";
  if (configMaps.size > 0) return "configmaps";
  if (resourceClaims.length > 0) return "resourceclaims";
  return volumes.map(volumeReference).find((one) => one !== undefined);
}
