/** Query parameters as upstream's conversion reads them: bad numbers and booleans are BadRequest. */
import { badRequest } from "#apimachinery/status.ts";

export type Query = URLSearchParams | undefined;

export function text(query: Query, name: string): string {
  return query?.get(name) ?? "";
}

/** strconv.ParseBool, where anything else but "" and "0" counts as true: upstream's query conversion. */
export function flag(query: Query, name: string): boolean {
  const value = query?.get(name);
  return value !== null && value !== undefined && value !== "0" && value.toLowerCase() !== "false";
}

/** undefined: absent or empty. */
export function integer(query: Query, name: string): number | undefined {
  const value = text(query, name);
  if (value === "") return undefined;
  const number = Number(value);
  if (!/^[-+]?\d+$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  if (!Number.isSafeInteger(number)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  }
  return number;
}
