/** A value as upstream's sentences print it: Go's `%v` of maps, lists and scalars. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  return goMap(value, goText);
}

/** As Go's `%s` prints it: what is no text says so. */
export function goString(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(goString).join(" ")}]`;
  if (typeof value === "object" && value !== null) return goMap(value, goString);
  const type = goType(value);
  return type === undefined ? "%!s(<nil>)" : `%!s(${type}=${String(value)})`;
}

function goMap(value: object, print: (field: unknown) => string): string {
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([name, field]) => `${name}:${print(field)}`).join(" ")}]`;
}

/** Go's type of what JSON was decoded to; undefined: of null, which has none. */
export function goType(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}
