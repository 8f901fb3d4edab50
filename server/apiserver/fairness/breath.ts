/**
 * A large body is worked on in parts: decoded, tracked, admitted, checked, written, answered. Between two of them
 * the loop belongs to everybody else, so that nobody waits for more than one part of it.
 */
import type { Call } from "#apiserver/call.ts";

/** Bytes of a body whose parts take milliseconds each; smaller ones are done before a turn of the loop is over. */
export const largeBodyBytesMin = 64 * 1024;

/** The door says how long each large body is. */
const isLarge = ({ headers }: Request): boolean =>
  Number(headers.get("content-length") ?? 0) >= largeBodyBytesMin;

/** undefined: the request is small and goes on at once. */
export function breath({ request }: Pick<Call, "request">): Promise<void> | undefined {
  return isLarge(request) ? new Promise((resolve) => setImmediate(resolve)) : undefined;
}

/** Milliseconds of the loop at a time, for what can be left off anywhere. */
const stretchMs = 4;

/** `step` of each of them, with a breath wherever it has taken a while. */
export async function inStretches<T>(items: readonly T[], step: (item: T) => void): Promise<void> {
  let since = performance.now();
  for (const item of items) {
    step(item);
    if (performance.now() - since < stretchMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
}
