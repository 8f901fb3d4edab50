/** Go's time.Duration as metav1.Duration prints it: `1h30m0s`, `100ms`, `0s`; in nanoseconds. */

const units: readonly (readonly [name: string, nanoseconds: number])[] = [
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["μs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
];
const nanosecondsOf = new Map(units);
const unitShape = "(ns|us|µs|μs|ms|s|m|h)";
// Digits can be read in one way only: clients send texts of any length.
const numberShape = "(\\d+(?:\\.\\d*)?|\\.\\d+)";
const shape = new RegExp(`^[+-]?(?:0|(?:${numberShape}${unitShape})+)$`);
const part = new RegExp(`${numberShape}${unitShape}`, "g");
const soundParts = new RegExp(`^[+-]?(?:${numberShape}${unitShape}(?=[\\d.]|$))*`);
const strangePart = new RegExp(`^${numberShape}(?<unit>[^\\d.]*)`);
/** Go counts in 63 bits: 292 years. */
const nanosecondsMax = 2 ** 63;

/** Nanoseconds; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!shape.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(part)) {
    total += Number(amount) * (nanosecondsOf.get(unit) ?? 0);
  }
  if (total >= nanosecondsMax) return undefined;
  return Math.round(text.startsWith("-") ? -total : total) + 0;
}

/** Why a text is no duration, in Go's words. */
export function durationFault(text: string): string {
  const shown = JSON.stringify(text);
  const { unit } = strangePart.exec(text.replace(soundParts, ""))?.groups ?? {};
  if (unit === undefined) return `time: invalid duration ${shown}`;
  if (unit === "") return `time: missing unit in duration ${shown}`;
  return `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`;
}

/** The shortest form, as Go's Duration.String. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 0) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  // Whole nanoseconds over 1e9 print without the noise of binary fractions.
  const rest = nanoseconds % 60e9;
  const fraction = String(rest % 1e9)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${Math.floor(rest / 1e9)}${fraction === "" ? "" : `.${fraction}`}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
