/** Upstream's order of versions: v10, v2, v1, v2beta1, v1beta2, v1alpha1, then all others by name. */

const stages = ["alpha", "beta", ""];

interface Parsed {
  readonly stage: number;
  readonly major: number;
  readonly minor: number;
}

function parsed(version: string): Parsed | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return undefined;
  const [, major = "", stage = "", minor = ""] = match;
  return { stage: stages.indexOf(stage), major: Number(major), minor: Number(minor) };
}

/** Below zero: `a` is preferred. */
export function compareVersions(a: string, b: string): number {
  const left = parsed(a);
  const right = parsed(b);
  if (left !== undefined && right !== undefined) {
    return right.stage - left.stage || right.major - left.major || right.minor - left.minor;
  }
  if (left !== undefined) return -1;
  if (right !== undefined) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
