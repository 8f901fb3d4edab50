import type { KubeObject } from "#gen/api/meta/v1.ts";

/** What upstream's conversion makes of a field of its own when the object is spelled whole. */
const templateGeneration = "deprecated.daemonset.template.generation";

/** Metadata without the object: as upstream holds it before it is converted to any version. */
export function shownMetadata({ kind, metadata }: KubeObject): KubeObject["metadata"] {
  if (kind !== "DaemonSet" || metadata.annotations?.[templateGeneration] === undefined)
    return metadata;
  const { [templateGeneration]: _, ...annotations } = metadata.annotations;
  const isEmpty = Object.keys(annotations).length === 0;
  return { ...metadata, annotations: isEmpty ? undefined : annotations };
}
