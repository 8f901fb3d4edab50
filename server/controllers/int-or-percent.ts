/** `3` or `"25%"` of a whole. */
export function scaledValue(
  value: number | string,
  whole: number,
  round: (exact: number) => number,
): number {
  if (typeof value === "number") return value;
  return round((Number.parseInt(value, 10) * whole) / 100);
}
