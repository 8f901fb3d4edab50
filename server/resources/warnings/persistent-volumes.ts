/** Warnings about a PersistentVolume: annotations, policies and sources that have had their day. */
import { Path } from "#apimachinery/field-error.ts";
import type { PersistentVolume } from "#gen/api/core/v1.ts";
import { classAnnotation } from "#resources/core/v1/claim-binding.ts";
import { termWarnings } from "./node-labels.ts";

const specPath = new Path("spec");

const annotationSentences: Readonly<Record<string, string>> = {
  [classAnnotation]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  "volume.beta.kubernetes.io/mount-options":
    'deprecated since v1.31; use "mountOptions" attribute instead',
};
const sourceSentences = [
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
] as const;

export function persistentVolumeWarnings({ spec, metadata }: PersistentVolume): string[] {
  const annotations = Object.entries(annotationSentences).flatMap(([key, sentence]) =>
    metadata.annotations?.[key] === undefined ? [] : [`metadata.annotations[${key}]: ${sentence}`],
  );
  const recycles =
    spec.persistentVolumeReclaimPolicy === "Recycle"
      ? [
          "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        ]
      : [];
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const termsPath = specPath.child("nodeAffinity", "required", "nodeSelectorTerms");
  return [
    ...annotations,
    ...recycles,
    ...terms.flatMap((term, index) =>
      termWarnings(term, termsPath.index(index), { checksValues: false }),
    ),
    ...sourceSentences.flatMap(([field, word, sentence]) =>
      spec[field] === undefined ? [] : [`${specPath.child(word).text}: ${sentence}`],
    ),
  ];
}
