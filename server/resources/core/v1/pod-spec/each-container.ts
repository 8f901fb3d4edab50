import { Path } from "#apimachinery/field-error.ts";
import type { Container, EphemeralContainer, PodSpec } from "#gen/api/core/v1.ts";

export interface PlacedContainer {
  readonly container: Container | EphemeralContainer;
  readonly path: Path;
}

const lists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** Every container of a Pod, and where it stands. */
export function eachContainer(spec: PodSpec, path = new Path("spec")): PlacedContainer[] {
  return lists.flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({
      container,
      path: path.child(list).index(index),
    })),
  );
}
