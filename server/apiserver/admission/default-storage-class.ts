/** A claim that names no class gets the default one. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { listObjects } from "#apiserver/object-reads.ts";
import { persistentvolumeclaims } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { storageclasses } from "#gen/api/storage/v1.ts";
import { type AdmissionParts, draftOf } from "./admission-parts.ts";

const classAnnotation = "volume.beta.kubernetes.io/storage-class";
const defaultAnnotations = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

/** Of several defaults the newest counts, then the first by name. */
export function newestDefault<T extends KubeObject>(
  objects: readonly T[],
  annotations: readonly string[],
): T | undefined {
  const made = ({ metadata }: T) => metadata.creationTimestamp ?? "";
  return objects
    .filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === "true"))
    .sort((a, b) => {
      if (made(a) !== made(b)) return made(a) > made(b) ? -1 : 1;
      return a.metadata.name < b.metadata.name ? -1 : 1;
    })[0];
}

export function defaultStorageClass({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    mutate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const claim = draftOf(attributes, persistentvolumeclaims);
      if (claim?.spec === undefined || claim.spec.storageClassName !== undefined) return;
      if (claim.metadata.annotations?.[classAnnotation] !== undefined) return;
      const found = newestDefault(listObjects(cache, storageclasses), defaultAnnotations);
      if (found !== undefined) claim.spec.storageClassName = found.metadata.name;
    },
  };
}
