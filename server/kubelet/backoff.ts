/** Exponential back-off as client-go's flowcontrol.Backoff: pure, one entry a key, milliseconds. */
export interface Backoff {
  readonly delay: number;
  readonly lastUpdate: number;
}

export interface BackoffLimits {
  readonly initial: number;
  readonly max: number;
}

/** Upstream: 10 s doubling to 5 min, for crashing containers and for image pulls alike. */
export const containerBackoff: BackoffLimits = { initial: 10_000, max: 300_000 };

/** Twice the longest delay without trouble forgets the past: 10 minutes. */
function expired(backoff: Backoff, event: number, limits: BackoffLimits): boolean {
  return event - backoff.lastUpdate > limits.max * 2;
}

/** When the next try is due after an event; undefined: now. */
export function dueAt(
  backoff: Backoff | undefined,
  event: number,
  now: number,
  limits: BackoffLimits,
): number | undefined {
  if (backoff === undefined || expired(backoff, event, limits)) return undefined;
  const due = event + backoff.delay;
  return due > now ? due : undefined;
}

/** The entry after one more try. */
export function nextBackoff(
  backoff: Backoff | undefined,
  now: number,
  limits: BackoffLimits,
): Backoff {
  if (backoff === undefined || expired(backoff, now, limits)) {
    return { delay: limits.initial, lastUpdate: now };
  }
  return { delay: Math.min(backoff.delay * 2, limits.max), lastUpdate: now };
}

/** `10s`, `1m20s`, `5m0s`: Go's Duration.String for whole seconds. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}
