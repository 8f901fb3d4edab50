/** Devices that have to be made ready before a pod that uses them is bound: their drivers say so in the claim. */
import type { ResourceClaim } from "#gen/api/resource/v1.ts";

/** Upstream's bindingTimeout. Seconds. */
const bindingSecondsMax = 600;

export type Readiness = "ready" | "waiting" | "failed";

export function needsConditions({ status }: ResourceClaim): boolean {
  return (status.allocation?.devices?.results ?? []).some(
    ({ bindingConditions = [] }) => bindingConditions.length > 0,
  );
}

/** `now`: of a wait that took too long. */
export function readinessOf({ status }: ResourceClaim, now: Date): Readiness {
  const { allocation, devices = [] } = status;
  let readiness: Readiness = "ready";
  for (const result of allocation?.devices?.results ?? []) {
    const { bindingConditions = [], bindingFailureConditions = [] } = result;
    if (bindingConditions.length === 0) continue;
    const found = devices.find(
      ({ driver, pool, device }) =>
        driver === result.driver && pool === result.pool && device === result.device,
    );
    const isTrue = (name: string) =>
      found?.conditions?.some(({ type, status: is }) => type === name && is === "True") ?? false;
    if (bindingFailureConditions.some(isTrue)) return "failed";
    if (!bindingConditions.every(isTrue)) readiness = "waiting";
  }
  const since = allocation?.allocationTimestamp;
  const late = since !== undefined && now.getTime() > Date.parse(since) + bindingSecondsMax * 1000;
  return readiness === "waiting" && late ? "failed" : readiness;
}
