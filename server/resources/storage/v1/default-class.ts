import type { StorageClass } from "#gen/api/storage/v1.ts";
import { newestOf } from "#resources/newest-of.ts";

const defaultAnnotations = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

export const isDefaultClass = ({ metadata }: StorageClass): boolean =>
  defaultAnnotations.some((name) => metadata.annotations?.[name] === "true");

/** What a claim gets that names none. */
export const defaultClass = (classes: readonly StorageClass[]): StorageClass | undefined =>
  newestOf(classes.filter(isDefaultClass));
