/** Which pods are tried together, and which refused ones an event is asked of together. */
import type { Pod } from "#gen/api/core/v1.ts";
import { V_DEVICE, V_VOLUME_NODE } from "#gen/scheduler-abi.ts";
import type { Encoded } from "./cache.ts";
import { filterBit } from "./filter-bits.ts";

/** Equal for pods that the same events help; a pod's claims of devices are its own. */
export function alikeOf(key: string, { shape, labelSet, devices }: Encoded): string {
  return devices === undefined ? `${shape.id} ${labelSet.key}` : key;
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
