import type { KubeObject } from "#gen/api/meta/v1.ts";

/** Of those that are marked as the default the newest counts, then the first by name. */
export function newestOf<T extends KubeObject>(objects: readonly T[]): T | undefined {
  const bornOf = ({ metadata }: T): string => metadata.creationTimestamp ?? "";
  return objects.toSorted((a, b) => {
    if (bornOf(a) !== bornOf(b)) return bornOf(a) > bornOf(b) ? -1 : 1;
    return a.metadata.name < b.metadata.name ? -1 : 1;
  })[0];
}
