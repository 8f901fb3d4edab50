/** How many pods there may be during a rollout, and how few. */
import { scaledValue } from "#controllers/int-or-percent.ts";
import type { Deployment } from "#gen/api/apps/v1.ts";

export interface Wanted {
  readonly replicas: number;
  /** Pods beyond replicas. */
  readonly surge: number;
  /** Pods below replicas that may be unavailable. */
  readonly unavailable: number;
}

export function wantedOf({ spec }: Deployment): Wanted {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === "Recreate") return { replicas, surge: 0, unavailable: 0 };
  const { maxSurge = "25%", maxUnavailable = "25%" } = spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, replicas, Math.ceil);
  const down = scaledValue(maxUnavailable, replicas, Math.floor);
  // Neither up nor down would stand still for ever: validation forbids 0 and 0, rounding does not.
  const unavailable = surge === 0 && down === 0 ? 1 : down;
  return { replicas, surge, unavailable: Math.min(unavailable, replicas) };
}
