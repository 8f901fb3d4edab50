const shortModes = new Map([
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
]);

/** `RWO,ROX`: each mode once, in upstream's order. */
export function accessModesCell(modes: readonly string[] | undefined): string {
  const given = new Set(modes);
  return [...shortModes]
    .filter(([mode]) => given.has(mode))
    .map(([, short]) => short)
    .join(",");
}
