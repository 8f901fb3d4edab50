/** The selector of system default spreading: that of the pod's Services and of its controller. */
import {
  matches,
  type Selector,
  selectorFromLabelSelector,
  selectorFromMap,
} from "#apimachinery/labels.ts";
import type { Pod, ReplicationController, Service } from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";

/** What is looked up; informers answer. */
export interface SpreadSources {
  services(namespace: string): readonly Service[];
  replicationController(namespace: string, name: string): ReplicationController | undefined;
  /** ReplicaSet or StatefulSet. */
  selectorOf(kind: string, namespace: string, name: string): LabelSelector | undefined;
}

/** undefined: nothing selects the pod, so it is not spread. */
export function defaultSpreadSelector(pod: Pod, sources: SpreadSources): Selector | undefined {
  const { namespace = "", labels = {}, ownerReferences = [] } = pod.metadata;
  const merged: Record<string, string> = {};
  for (const { spec } of sources.services(namespace)) {
    const selector = spec.selector;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    if (matches(selectorFromMap(selector), labels)) Object.assign(merged, selector);
  }
  const owner = ownerReferences.find((reference) => reference.controller);
  if (owner?.kind === "ReplicationController") {
    Object.assign(merged, sources.replicationController(namespace, owner.name)?.spec.selector);
  }
  const own = owner && sources.selectorOf(owner.kind, namespace, owner.name);
  const ofOwner = own === undefined ? [] : selectorFromLabelSelector(own);
  const ofServices = selectorFromMap(merged);
  if (ofServices === "nothing") return undefined;
  const selector = [...ofServices, ...(ofOwner === "nothing" ? [] : ofOwner)];
  return selector.length === 0 ? undefined : selector;
}
