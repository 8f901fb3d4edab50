/** Maps of JSON as the patches see them: plain records, null and arrays excluded. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only own fields count: a patch may not reach into Object.prototype. */
export function hasField(object: JsonObject, name: string): boolean {
  return Object.hasOwn(object, name);
}

/** Sets a field under any name, __proto__ included. */
export function setField(object: JsonObject, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else
    Object.defineProperty(object, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
}

/** Puts the fields in the order that Go prints a map in. */
export function sortFields(object: JsonObject): void {
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    delete object[name];
    setField(object, name, value);
  }
}

const escaped: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** As Go prints JSON. */
export const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (letter) => escaped[letter] ?? letter);
