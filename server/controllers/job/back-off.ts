/** How long a Job waits after failures before it tries again. */
import { parseTime } from "#apimachinery/time.ts";
import type { Pod } from "#gen/api/core/v1.ts";

/** After the first failure; doubles with each. Upstream's values. */
const firstSeconds = 10;
const longestSeconds = 600;

/** Milliseconds; 0: nobody knows. */
export function finishedAt({ status, metadata }: Pod): number {
  const ends = (status.containerStatuses ?? []).map(
    ({ state }) => parseTime(state?.terminated?.finishedAt ?? "")?.getTime() ?? 0,
  );
  const known = Math.max(0, ...ends);
  const going = parseTime(metadata.deletionTimestamp ?? metadata.creationTimestamp ?? "");
  return known > 0 ? known : (going?.getTime() ?? 0);
}

/** Seconds; counts the failures since the last success. */
export function retryAfter(pods: readonly Pod[], now: Date): number {
  const ends = (phase: string): number[] =>
    pods.filter(({ status }) => status?.phase === phase).map(finishedAt);
  const lastSuccess = Math.max(0, ...ends("Succeeded"));
  const failures = ends("Failed").filter((at) => at > lastSuccess);
  if (failures.length === 0) return 0;
  return waitAfter(failures.length, Math.max(...failures), now);
}

/** Seconds left after so many failures, the last of them at `at`. */
export function waitAfter(failures: number, at: number, now: Date): number {
  if (failures === 0) return 0;
  const wait = Math.min(firstSeconds * 2 ** (failures - 1), longestSeconds);
  return Math.max(0, wait - (now.getTime() - at) / 1000);
}
