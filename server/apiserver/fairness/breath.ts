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
