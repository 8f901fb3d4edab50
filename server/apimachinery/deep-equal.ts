/** Equality of JSON values, an absent field being the same as an undefined one. */

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

type Equal = (a: unknown, b: unknown) => boolean;

function equalArrays(a: readonly unknown[], b: readonly unknown[], equal: Equal): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
  return true;
}

function equalFields(a: Fields, b: Fields): boolean {
  let present = 0;
  for (const name in a) {
    const value = a[name];
    if (value === undefined) continue;
    present += 1;
    if (!deepEqual(value, b[name])) return false;
  }
  for (const name in b) if (b[name] !== undefined) present -= 1;
  return present === 0;
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** As deepEqual, but a list without items is no list: upstream's semantic equality, which its strategies ask for. */
export function meansTheSame(a: unknown, b: unknown): boolean {
  if (a === b || (isNothing(a) && isNothing(b))) return true;
  if (!isFields(a) || !isFields(b)) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && equalArrays(a, b, meansTheSame);
  for (const name in a) if (!meansTheSame(a[name], b[name])) return false;
  for (const name in b) if (a[name] === undefined && !isNothing(b[name])) return false;
  return true;
}

/** True when both stand for the same JSON. Order of fields does not matter, order of items does. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isFields(a) || !isFields(b)) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b, deepEqual);
  return !Array.isArray(b) && equalFields(a, b);
}
