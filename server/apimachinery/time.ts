/** metav1.Time and MicroTime: RFC 3339 in UTC, cut to seconds or to microseconds. */

/** `2026-01-01T00:00:00Z`; the fraction is cut off, as upstream cuts it. */
export function formatTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** `2026-01-01T00:00:00.000000Z`: six digits, the last three zero since a Date has milliseconds. */
export function formatMicroTime(date: Date): string {
  return `${date.toISOString().slice(0, 23)}000Z`;
}

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;
/** Go lets an offset be a whole day, and its minutes a whole hour. */
const offsetMax = { hours: 24, minutes: 60 };

/** The instant, to the millisecond; undefined when the text is not RFC 3339 or names no real instant. */
export function parseTime(text: string): Date | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const whole = `${year}-${month}-${day}T${(hour ?? "").padStart(2, "0")}:${minute}:${second}`;
  const utc = new Date(`${whole}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  // A month of 31 days too many rolls over in Date: what comes back must be what went in.
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(whole)) return undefined;
  if (zone === "Z") return utc;
  const sign = zone.startsWith("-") ? 1 : -1;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  if (hours > offsetMax.hours || minutes > offsetMax.minutes) return undefined;
  return new Date(utc.getTime() + sign * (hours * 60 + minutes) * 60_000);
}
