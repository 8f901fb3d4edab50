/** Upstream's --request-timeout. One timer for all requests: thousands a second each with its own cost more. */
import { durationFault, parseDuration } from "#apimachinery/codec/duration.ts";
import { type ApiError, badRequest, refusal } from "#apimachinery/status.ts";
import { type Query, text } from "#apiserver/query.ts";

/** Upstream's default. */
export const requestTimeoutMs = 60_000;
const tickMs = 1_000;

interface Waiting {
  ticksLeft: number;
  readonly expire: () => void;
}

function timedOut(): ApiError {
  return refusal("Timeout", "request did not complete within the allotted timeout", {});
}

/** What a client gives its request; it may not outlast `requestTimeoutMs`. Throws BadRequest for what is no duration. */
export function checkTimeout(query: Query): void {
  const asked = text(query, "timeout");
  if (asked === "" || parseDuration(asked) !== undefined) return;
  throw badRequest(`invalid timeout specified in the request URL - ${durationFault(asked)}`);
}

export class RequestTimeouts {
  readonly #waiting = new Set<Waiting>();
  readonly #ticks: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(timeoutMs = requestTimeoutMs) {
    this.#ticks = Math.ceil(timeoutMs / tickMs);
  }

  /** The answer, or Timeout; what the handler does afterwards is nobody's concern. */
  bound(answer: Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      const waiting = { ticksLeft: this.#ticks + 1, expire: () => reject(timedOut()) };
      this.#waiting.add(waiting);
      this.#timer ??= this.#start();
      answer.then(
        (response) => {
          this.#waiting.delete(waiting);
          resolve(response);
        },
        (error) => {
          this.#waiting.delete(waiting);
          reject(error);
        },
      );
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#tick(), tickMs);
    timer.unref();
    return timer;
  }

  #tick(): void {
    if (this.#waiting.size === 0) this.close();
    for (const waiting of this.#waiting) {
      waiting.ticksLeft -= 1;
      if (waiting.ticksLeft > 0) continue;
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }
}
