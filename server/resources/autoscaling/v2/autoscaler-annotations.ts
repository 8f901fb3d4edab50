/** The annotations in which autoscaling/v1 says what it has no fields for: they are of v1 alone. */

export const extraPrefix = "autoscaling.alpha.kubernetes.io/";
export const extraNames = ["metrics", "current-metrics", "conditions", "behavior"] as const;

export function withoutExtras(
  annotations: Readonly<Record<string, string>> | undefined,
): Record<string, string> | undefined {
  const own = Object.entries(annotations ?? {}).filter(
    ([name]) => !extraNames.some((one) => name === extraPrefix + one),
  );
  return own.length === 0 ? undefined : Object.fromEntries(own);
}
