/**
 * One step of a field's path, in the text form that fieldsV1 uses: `f:name` a field, `k:{"name":"a"}` the item
 * of a list map with that key, `v:"a"` the item of a set, `i:0` a place in a list. Two steps are the same
 * exactly when their texts are.
 */

/** JSON as upstream writes it: HTML's characters and two line separators are escaped. */
function escapedJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (typeof value === "number" || !/[<>&\u2028\u2029]/.test(text)) return text;
  return text.replace(/[<>&\u2028\u2029]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** `fields`: sorted by name. */
export function keyElement(fields: readonly (readonly [name: string, value: unknown])[]): string {
  const members = fields.map(([name, value]) => `${JSON.stringify(name)}:${escapedJson(value)}`);
  return `k:{${members.join(",")}}`;
}

export function valueElement(value: unknown): string {
  return `v:${escapedJson(value)}`;
}

function parsedKey(element: string): [name: string, value: unknown][] {
  const key: unknown = JSON.parse(element.slice(2));
  if (typeof key !== "object" || key === null || Array.isArray(key)) {
    throw new SyntaxError(`${element} is not the key of an item`);
  }
  return Object.entries(key).sort(([a], [b]) => compareText(a, b));
}

/**
 * The element as this module writes it; undefined for a type of element that a later version may know, which
 * is dropped. Throws SyntaxError for anything else.
 */
export function canonicalElement(text: string): string | undefined {
  if (text.length < 2 || text[1] !== ":") throw new SyntaxError(`${text} is no path element`);
  switch (text[0]) {
    case "f":
      return text;
    case "k":
      return keyElement(parsedKey(text));
    case "v":
      return valueElement(JSON.parse(text.slice(2)));
    case "i": {
      if (!/^[+-]?\d+$/.test(text.slice(2))) throw new SyntaxError(`${text} is no place in a list`);
      return `i:${Number(text.slice(2))}`;
    }
    default:
      return undefined;
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const typeRanks: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2, object: 3 };

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  const ranks = (typeRanks[typeof a] ?? 4) - (typeRanks[typeof b] ?? 4);
  return ranks === 0 ? compareText(JSON.stringify(a), JSON.stringify(b)) : ranks;
}

function compareKeys(a: string, b: string): number {
  const left = parsedKey(a);
  const right = parsedKey(b);
  for (const [index, [name, value]] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareText(name, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const kindRanks = ".fkvi";

/** Upstream's order within one parent: fields, keyed items, items of sets, places. `.` goes before all. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  const kinds = kindRanks.indexOf(a.charAt(0)) - kindRanks.indexOf(b.charAt(0));
  if (kinds !== 0) return kinds;
  switch (a.charAt(0)) {
    case "k":
      return compareKeys(a, b);
    case "v":
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
    case "i":
      return Number(a.slice(2)) - Number(b.slice(2));
    default:
      return compareText(a, b);
  }
}

/** As conflicts name it: `.spec`, `[name="a"]`, `[="a"]`, `[0]`. */
export function printElement(element: string): string {
  switch (element.charAt(0)) {
    case "f":
      return `.${element.slice(2)}`;
    case "k": {
      const fields = parsedKey(element).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `[${fields.join(",")}]`;
    }
    case "v":
      return `[=${JSON.stringify(JSON.parse(element.slice(2)))}]`;
    default:
      return `[${element.slice(2)}]`;
  }
}
