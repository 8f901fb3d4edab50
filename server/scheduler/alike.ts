/** Which pods are tried together, and which refused ones an event is asked of together. */
import { V_DEVICE, V_FILTER_SHIFT, V_VOLUME_NODE } from "#gen/scheduler-abi.ts";
import type { Encoded } from "./cache.ts";
import type { QueuedPod } from "./queue.ts";

/** Equal for pods that the same events help; a pod's claims of devices are its own. */
export function alikeOf(key: string, { shape, labelSet, devices }: Encoded): string {
  return devices === undefined ? `${shape.id} ${labelSet.key}` : key;
}

/** Of a pod that no node was asked about: its claims rule every one out, and events on them may lift that. */
export function filtersUnasked({ devices }: Encoded): number {
  const verdict = devices?.refusal === undefined ? V_VOLUME_NODE : V_DEVICE;
  return 1 << (verdict >>> V_FILTER_SHIFT);
}

/** A pod with claims of devices is tried alone: the next one has to see what it took. */
export function* apartByDevices(batch: readonly QueuedPod[]): Generator<readonly QueuedPod[]> {
  let from = 0;
  for (const [index, { pod }] of batch.entries()) {
    if (pod.spec.resourceClaims === undefined) continue;
    if (index > from) yield batch.slice(from, index);
    yield batch.slice(index, index + 1);
    from = index + 1;
  }
  if (from < batch.length) yield from === 0 ? batch : batch.slice(from);
}
