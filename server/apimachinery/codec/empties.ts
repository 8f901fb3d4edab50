/**
 * Lists, maps and bytes that a body gave without anything in them. Objects do not keep them: to whoever reads them they
 * are absent. Upstream's strategies compare some objects to the letter, where empty is not absent.
 */
const given = new WeakMap<object, string[]>();

export function noteEmpty(holder: object, field: string): void {
  const known = given.get(holder);
  if (known === undefined) given.set(holder, [field]);
  else known.push(field);
}

/** The fields of this very object that were given empty, as it was read. */
export const emptiesOf = (holder: object): readonly string[] => given.get(holder) ?? [];

/** For a copy of what was read. */
export function passEmpties(from: object, to: object): void {
  const known = given.get(from);
  if (known !== undefined) given.set(to, known);
}

/** Whether anything of it, however deep, was given empty. */
export function holdsEmpties(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return given.has(value) || Object.values(value).some(holdsEmpties);
}
