/** Until when a claim's devices are tolerated, and which rules take them away. */
import { parseTime } from "#apimachinery/time.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type {
  DeviceTaint,
  DeviceTaintRule,
  DeviceToleration,
  ResourceClaim,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import { resourceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";
import {
  type DeviceName,
  rulesOver,
  toleratesDeviceTaint,
} from "#resources/resource/v1/device-taints.ts";

export interface Eviction {
  readonly at: Date;
  /** Uids of the DeviceTaintRules among its reasons. */
  readonly rules: ReadonlySet<string>;
}

/** Of a pool whose driver is publishing anew, only the newest generation counts. */
export function currentSlices(slices: readonly ResourceSlice[]): readonly ResourceSlice[] {
  const poolOf = ({ spec }: ResourceSlice): string => `${spec.driver}/${spec.pool.name}`;
  const newest = new Map<string, number>();
  for (const slice of slices) {
    const known = newest.get(poolOf(slice)) ?? Number.NEGATIVE_INFINITY;
    newest.set(poolOf(slice), Math.max(known, slice.spec.pool.generation));
  }
  return slices.filter((slice) => slice.spec.pool.generation === newest.get(poolOf(slice)));
}

interface FoundTaint {
  readonly taint: DeviceTaint;
  readonly rule?: string | undefined;
}

export interface Tainting {
  /** Current ones alone; those without a taint may lack. */
  readonly slices: readonly ResourceSlice[];
  readonly rules: readonly DeviceTaintRule[];
  readonly now: Date;
}

function taintsOf(name: DeviceName, { slices, rules }: Tainting): readonly FoundTaint[] {
  const published = slices
    .filter(({ spec }) => spec.driver === name.driver && spec.pool.name === name.pool)
    .flatMap(({ spec }) => spec.devices ?? [])
    .find((device) => device.name === name.device);
  const own = (published?.taints ?? []).map((taint) => ({ taint }));
  const ruled = rules
    .filter((rule) => rulesOver(rule, name))
    .map(({ metadata, spec }) => ({ taint: spec.taint, rule: metadata.uid ?? "" }));
  return [...own, ...ruled].filter(({ taint }) => taint.effect === "NoExecute");
}

/** Infinity: for ever. */
function toleratedSeconds(taint: DeviceTaint, tolerations: readonly DeviceToleration[]): number {
  // Upstream asks for the effect by name here; one that names none is for the scheduler.
  const used = tolerations.filter(
    (one) => one.effect === "NoExecute" && toleratesDeviceTaint(one, taint),
  );
  if (used.length === 0) return 0;
  const times = used.map(({ tolerationSeconds }) => tolerationSeconds);
  if (times.includes(undefined)) return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(...times.map((seconds) => seconds ?? 0)));
}

/** undefined: its devices are not tainted, or that is tolerated. */
export function claimEviction(claim: ResourceClaim, tainting: Tainting): Eviction | undefined {
  const reasons = (claim.status?.allocation?.devices?.results ?? []).flatMap((result) =>
    taintsOf(result, tainting).map(({ taint, rule }) => ({
      rule,
      at:
        (parseTime(taint.timeAdded ?? "") ?? tainting.now).getTime() +
        toleratedSeconds(taint, result.tolerations ?? []) * 1000,
    })),
  );
  return earliest(reasons.filter(({ at }) => Number.isFinite(at)));
}

function earliest(
  reasons: readonly { readonly at: number; readonly rule?: string | undefined }[],
): Eviction | undefined {
  if (reasons.length === 0) return undefined;
  const rules = reasons.map(({ rule }) => rule).filter((rule) => rule !== undefined);
  return { at: new Date(Math.min(...reasons.map(({ at }) => at))), rules: new Set(rules) };
}

/** `claimOf`: by name, in the pod's namespace. */
export function podEviction(
  pod: Pod,
  claimOf: (name: string) => ResourceClaim | undefined,
  tainting: Tainting,
): Eviction | undefined {
  if ((pod.spec.nodeName ?? "") === "") return undefined;
  const evictions = resourceClaimNamesOf(pod)
    .map(claimOf)
    .filter((claim) => claim !== undefined)
    .filter(({ status }) => status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid))
    .map((claim) => claimEviction(claim, tainting))
    .filter((eviction) => eviction !== undefined);
  const [first, ...more] = evictions;
  if (first === undefined) return undefined;
  return more.reduce(
    (all, { at, rules }) => ({
      at: new Date(Math.min(at.getTime(), all.at.getTime())),
      rules: new Set([...all.rules, ...rules]),
    }),
    first,
  );
}
