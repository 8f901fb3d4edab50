/** Reads by label selector over what an informer holds. */
import { matches, type Selector } from "#apimachinery/labels.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Informer } from "./informer.ts";

export function listMatching<T extends KubeObject>(
  informer: Informer<T>,
  namespace: string,
  selector: Selector,
): readonly T[] {
  return informer.list(namespace).filter(({ metadata }) => matches(selector, metadata.labels));
}
