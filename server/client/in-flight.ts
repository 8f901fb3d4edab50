/** What a client asks for at once is bounded here, where waiting costs nothing; a server that gets too much says 429, which costs a second. */
import type { Transport } from "./transport.ts";

/** Below what our API server grants one user at once (100 writes). */
const inFlightMax = 96;

/** Requests over the bound wait, in order. One is over when its answer begins. */
export function boundedTransport(transport: Transport, max = inFlightMax): Transport {
  const waiting = new Set<() => void>();
  let inFlight = 0;
  /** The place goes over to the next. */
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) inFlight--;
    else {
      waiting.delete(next);
      next();
    }
  };
  return async (request) => {
    if (inFlight < max) inFlight++;
    else await new Promise<void>((resolve) => waiting.add(resolve));
    try {
      return await transport(request);
    } finally {
      leave();
    }
  };
}
