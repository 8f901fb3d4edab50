/**
 * From what the metrics propose to what is done: recent proposals hold a change back (stabilization), policies
 * and the bounds of the autoscaler limit it. `history` is what the controller remembers of one autoscaler.
 */
import type { HPAScalingRules } from "#gen/api/autoscaling/v2.ts";
import type { Wanted } from "./conditions.ts";

/** Upstream's --horizontal-pod-autoscaler-downscale-stabilization. */
export const downscaleSeconds = 300;
/** Without policies a target at most doubles at a time, or reaches this many. */
const upFactor = 2;
const upMinimum = 4;

export interface Recommendation {
  readonly replicas: number;
  readonly at: Date;
}

export interface Change {
  /** Positive in both directions. */
  readonly replicas: number;
  readonly at: Date;
}

export interface History {
  /** Before any limit. */
  readonly recommendations: readonly Recommendation[];
  readonly ups: readonly Change[];
  readonly downs: readonly Change[];
}

export interface Bounds {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
}

export interface Limited {
  readonly replicas: number;
  readonly recommendations: readonly Recommendation[];
  readonly conditions: readonly Wanted[];
}

const isAfter = (at: Date, seconds: number, now: Date): boolean =>
  at.getTime() > now.getTime() - seconds * 1000;

const ready: Wanted = {
  type: "AbleToScale",
  status: "True",
  reason: "ReadyForNewScale",
  message: "recommended size matches current size",
};

const stabilized = (up: boolean): Wanted => ({
  type: "AbleToScale",
  status: "True",
  reason: up ? "ScaleUpStabilized" : "ScaleDownStabilized",
  message: up
    ? "recent recommendations were lower than current one, applying the lowest recent recommendation"
    : "recent recommendations were higher than current one, applying the highest recent recommendation",
});

const limits = {
  DesiredWithinRange: "the desired count is within the acceptable range",
  ScaleUpLimit: "the desired replica count is increasing faster than the maximum scale rate",
  ScaleDownLimit: "the desired replica count is decreasing faster than the maximum scale rate",
  TooManyReplicas: "the desired replica count is more than the maximum replica count",
  TooFewReplicas: "the desired replica count is less than the minimum replica count",
} as const;

type Limit = keyof typeof limits;

interface Held {
  readonly replicas: number;
  readonly limit: Limit;
}

const limiting = ({ replicas, limit }: Held, desired: number): Wanted => ({
  type: "ScalingLimited",
  status: replicas === desired ? "False" : "True",
  reason: limit,
  message: limits[limit],
});

/** Without a behavior: down only to the highest proposal of five minutes, up at most to the double. */
export function limitPlainly(bounds: Bounds, { recommendations }: History, now: Date): Limited {
  const { current, desired, min, max } = bounds;
  const recent = recommendations.filter(({ at }) => isAfter(at, downscaleSeconds, now));
  const stable = Math.max(desired, ...recent.map(({ replicas }) => replicas));
  const rate = Math.max(upFactor * current, upMinimum);
  const most = Math.min(max, rate);
  const held = ((): Held => {
    if (stable < min) return { replicas: min, limit: "TooFewReplicas" };
    if (stable <= most) return { replicas: stable, limit: "DesiredWithinRange" };
    return { replicas: most, limit: max > rate ? "ScaleUpLimit" : "TooManyReplicas" };
  })();
  return {
    replicas: held.replicas,
    recommendations: [...recent, { replicas: desired, at: now }],
    conditions: [stable === desired ? ready : stabilized(false), limiting(held, stable)],
  };
}

export interface Rules {
  readonly scaleUp: HPAScalingRules;
  readonly scaleDown: HPAScalingRules;
}

/** With a behavior: windows and policies of its own, in both directions. */
export function limitByRules(bounds: Bounds, rules: Rules, history: History, now: Date): Limited {
  const { current, desired } = bounds;
  const upSeconds = rules.scaleUp.stabilizationWindowSeconds ?? 0;
  const downSeconds = rules.scaleDown.stabilizationWindowSeconds ?? downscaleSeconds;
  const within = (seconds: number): readonly number[] =>
    history.recommendations.filter(({ at }) => isAfter(at, seconds, now)).map((it) => it.replicas);
  const lowest = Math.min(desired, ...within(upSeconds));
  const highest = Math.max(desired, ...within(downSeconds));
  const stable = Math.min(Math.max(current, lowest), highest);
  const held = heldByRules({ ...bounds, desired: stable }, rules, history, now);
  const longest = Math.max(upSeconds, downSeconds);
  const recent = history.recommendations.filter(({ at }) => isAfter(at, longest, now));
  return {
    replicas: held.replicas,
    recommendations: [...recent, { replicas: desired, at: now }],
    conditions: [
      stable === desired ? ready : stabilized(desired >= current),
      limiting(held, stable),
    ],
  };
}

function heldByRules(bounds: Bounds, rules: Rules, history: History, now: Date): Held {
  const { current, desired, min, max } = bounds;
  if (desired > current) {
    const rate = Math.max(current, upMost(current, rules.scaleUp, history, now));
    const most = Math.min(max, rate);
    if (desired > most) {
      return { replicas: most, limit: max > rate ? "ScaleUpLimit" : "TooManyReplicas" };
    }
  }
  if (desired < current) {
    const rate = Math.min(current, downLeast(current, rules.scaleDown, history, now));
    const least = Math.max(min, rate);
    if (desired < least) {
      return { replicas: least, limit: min < rate ? "ScaleDownLimit" : "TooFewReplicas" };
    }
  }
  return { replicas: desired, limit: "DesiredWithinRange" };
}

/** How many there were when the period of a policy began. */
function atStart(current: number, seconds: number, { ups, downs }: History, now: Date): number {
  const sum = (changes: readonly Change[]): number =>
    changes
      .filter(({ at }) => isAfter(at, seconds, now))
      .reduce((total, { replicas }) => total + replicas, 0);
  return current - sum(ups) + sum(downs);
}

function upMost(current: number, rules: HPAScalingRules, history: History, now: Date): number {
  if (rules.selectPolicy === "Disabled") return current;
  const allowed = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = atStart(current, periodSeconds, history, now);
    // Rounded up: a share of few would never let them grow.
    return type === "Pods" ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.min(...allowed) : Math.max(...allowed);
}

function downLeast(current: number, rules: HPAScalingRules, history: History, now: Date): number {
  if (rules.selectPolicy === "Disabled") return current;
  const allowed = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = atStart(current, periodSeconds, history, now);
    return type === "Pods" ? start - value : Math.trunc(start * (1 - value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.max(...allowed) : Math.min(...allowed);
}

const longestPeriod = ({ policies = [] }: HPAScalingRules): number =>
  Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds));

/** The history after a change; what no policy looks back to any more is forgotten. */
export function withChange(
  history: History,
  rules: Rules | undefined,
  { current, desired }: Pick<Bounds, "current" | "desired">,
  now: Date,
): History {
  if (rules === undefined) return history;
  const up = desired > current;
  const seconds = longestPeriod(up ? rules.scaleUp : rules.scaleDown);
  const add = (changes: readonly Change[]): readonly Change[] => [
    ...changes.filter(({ at }) => isAfter(at, seconds, now)),
    { replicas: Math.abs(desired - current), at: now },
  ];
  return up ? { ...history, ups: add(history.ups) } : { ...history, downs: add(history.downs) };
}
