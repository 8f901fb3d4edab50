/** The patience of a client: a server that says when to come back is asked again (client-go: ten times). */
import { type Clock, sleep } from "./clock.ts";
import type { Transport } from "./transport.ts";

const attemptsMax = 10;
/** Upper bound of one wait; a server that asks for more is asked earlier. */
const waitSecondsMax = 30;

/** Seconds until the server wants to be asked again; undefined: never, the answer is final. */
export function retryAfterSeconds(response: Response): number | undefined {
  if (response.status !== 429 && response.status < 500) return undefined;
  const header = response.headers.get("retry-after");
  if (header === null) return undefined;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, waitSecondsMax) : undefined;
}

/** The request is built anew each time, since a body can be read only once. */
export async function sendPatiently(
  transport: Transport,
  build: () => Request,
  clock: Clock,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const request = build();
    const response = await transport(request);
    const seconds = retryAfterSeconds(response);
    if (seconds === undefined || attempt >= attemptsMax || request.signal.aborted) return response;
    await response.body?.cancel();
    await sleep(clock, seconds * 1000, request.signal);
  }
}
