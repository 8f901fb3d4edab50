/**
 * What takes long is done in parts: decoded, tracked, admitted, checked, written, answered. Where a turn of the loop
 * has taken long enough, the next part waits for its user's turn, so that nobody else waits for more than one part.
 */
import type { Call } from "#apiserver/call.ts";
import { loopTurns } from "./loop-turns.ts";

/** undefined: there is time left, and the request goes on at once. */
export function breath({ user }: Pick<Call, "user">): Promise<unknown> | undefined {
  return loopTurns.breath(user.name);
}

/** `step` of each of them, with a breath wherever it has taken a while. */
export async function inStretches<T>(
  call: Pick<Call, "user">,
  items: readonly T[],
  step: (item: T) => void,
): Promise<void> {
  for (const item of items) {
    step(item);
    await breath(call);
  }
}
