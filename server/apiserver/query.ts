/** Query parameters as upstream's conversion reads them: bad numbers and booleans are BadRequest. */
import { badRequest } from "#apimachinery/status.ts";

export type Query = URLSearchParams | undefined;

/** Where the path starts in an absolute URL: behind the third slash. */
export function pathStart(url: string): number {
  return url.indexOf("/", url.indexOf("://") + 3);
}

/** For logs and pages: queries carry what is secret, tokens and arguments of commands. */
export function withoutQuery(url: string): string {
  const mark = url.indexOf("?");
  return mark < 0 ? url : url.slice(0, mark);
}

/** Of an absolute URL. */
export const pathOf = (url: string): string => withoutQuery(url.slice(pathStart(url)));

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
