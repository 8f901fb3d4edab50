/**
 * What takes long is done in parts: decoded, tracked, admitted, checked, written, answered. Where a turn of the loop
 * has taken long enough, the next part waits for its user's turn, so that nobody else waits for more than one part.
 */
import type { Call } from "#apiserver/call.ts";
import { leaseFlow } from "./lease-flow.ts";
import { loopTurns } from "./loop-turns.ts";

/** What tells whose turn a request waits for. */
type Asking = Pick<Call, "user"> & { readonly info?: Pick<Call["info"], "resource"> };

/** undefined: there is time left, and the request goes on at once. */
export function breath({ user: { name }, info }: Asking): Promise<unknown> | undefined {
  return loopTurns.breath(info?.resource === "leases" ? leaseFlow(name) : name);
}

/** `step` of each of them, with a breath wherever it has taken a while. */
export async function inStretches<T>(
  call: Asking,
  items: readonly T[],
  step: (item: T) => void,
): Promise<void> {
  for (const item of items) {
    step(item);
    await breath(call);
  }
}
