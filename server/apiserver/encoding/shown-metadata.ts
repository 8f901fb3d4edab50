import type { KubeObject, ObjectMeta } from "#gen/api/meta/v1.ts";

/** What upstream's conversion makes of a field of its own when the object is spelled whole. */
const templateGeneration = "deprecated.daemonset.template.generation";

/** A bookmark names no object. */
export function nameless({ name: _, ...metadata }: ObjectMeta): ObjectMeta {
  return metadata;
}

/** Metadata without the object: as upstream holds it before it is converted to any version. */
export function shownMetadata({ kind, metadata }: KubeObject): ObjectMeta {
  const shown = metadata.name === "" ? nameless(metadata) : metadata;
  if (kind !== "DaemonSet" || metadata.annotations?.[templateGeneration] === undefined)
    return shown;
  const { [templateGeneration]: _, ...annotations } = metadata.annotations;
  const isEmpty = Object.keys(annotations).length === 0;
  return { ...shown, annotations: isEmpty ? undefined : annotations };
}
