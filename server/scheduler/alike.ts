/** Which pods are tried together, and which refused ones an event is asked of together. */
import type { Pod } from "#gen/api/core/v1.ts";
import { V_DEVICE, V_VOLUME_NODE } from "#gen/scheduler-abi.ts";
import type { Encoded } from "./cache.ts";
import { filterBit } from "./filter-bits.ts";
import { pinnedName } from "./pin.ts";
import type { QueuedPod } from "./queue.ts";
import { isPlaced } from "./shape-key.ts";

/**
 * Equal for pods that fit where the others fit, and that the same events help. Claims of devices and of volumes are a
 * pod's own, and so is the node that it is pinned to.
 */
export function alikeOf(
  { key, pod: { spec } }: Pick<QueuedPod, "key" | "pod">,
  { cls, labelSet, devices }: Encoded,
): string {
  if (devices !== undefined || spec.volumes?.some(isPlaced)) return key;
  return `${cls.id} ${spec.preemptionPolicy ?? ""} ${pinnedName(spec) ?? ""} ${labelSet.key}`;
}

/** Of a pod that no node was asked about: its claims rule every one out, and events on them may lift that. */
export function filtersUnasked({ devices }: Encoded): number {
  return filterBit(devices?.refusal === undefined ? V_VOLUME_NODE : V_DEVICE);
}

/**
 * Parts of the batch in which no pod has to see what another took. `taking`: what the pod takes that others may want
 * too; undefined: anything.
 */
export function* apart<T extends { readonly pod: Pod }>(
  batch: readonly T[],
  taking: (pod: Pod) => readonly string[] | undefined,
): Generator<readonly T[]> {
  let from = 0;
  const taken = new Set<string>();
  for (const [index, { pod }] of batch.entries()) {
    const own = taking(pod);
    const alone = own === undefined;
    if (index > from && (alone || own.some((one) => taken.has(one)))) {
      yield batch.slice(from, index);
      from = index;
      taken.clear();
    }
    if (alone) {
      yield batch.slice(index, index + 1);
      from = index + 1;
    } else for (const one of own) taken.add(one);
  }
  if (from < batch.length) yield from === 0 ? batch : batch.slice(from);
}
