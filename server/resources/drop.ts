/** Takes `names` out of `object`; what has none of them is not touched. */
export function drop<T extends object>(
  object: T | undefined,
  ...names: readonly (keyof T)[]
): void {
  if (object === undefined) return;
  for (const name of names) if (object[name] !== undefined) delete object[name];
}
