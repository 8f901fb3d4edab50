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
