/** Schedules in cron's notation: five fields, or a word like `@daily`, or `@every 1h`. */

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly words: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fields: readonly Field[] = [
  { name: "minute", low: 0, high: 59, words: [] },
  { name: "hour", low: 0, high: 23, words: [] },
  { name: "day of month", low: 1, high: 31, words: [] },
  { name: "month", low: 1, high: 12, words: months },
  { name: "day of week", low: 0, high: 6, words: weekdays },
];

const words = new Set([
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
]);
const every = /^@every ([+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+|0)$/;

/** Why the text is no schedule; undefined when it is one. */
export function scheduleFault(text: string): string | undefined {
  const schedule = text.replace(/^(CRON_)?TZ=\S*\s+/, "").trim();
  if (schedule === "") return "empty spec string";
  if (schedule.startsWith("@")) {
    const known = words.has(schedule) || every.test(schedule);
    return known ? undefined : `unrecognized descriptor: ${schedule}`;
  }
  const parts = schedule.split(/\s+/);
  if (parts.length !== fields.length)
    return `expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(" ")}]`;
  for (const [index, part] of parts.entries()) {
    const field = fields[index];
    const fault = field === undefined ? undefined : fieldFault(part, field);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function fieldFault(text: string, field: Field): string | undefined {
  const parts = text.split(",").filter((part) => part !== "");
  return parts.map((part) => rangeFault(part, field)).find((fault) => fault !== undefined);
}

function rangeFault(text: string, field: Field): string | undefined {
  const [range = "", step, ...more] = text.split("/");
  if (more.length > 0) return `too many slashes: ${text}`;
  const [first = "", last, ...rest] = range.split("-");
  if (rest.length > 0) return `too many hyphens: ${text}`;
  const any = first === "*" || first === "?";
  const low = any ? field.low : numberOf(first, field);
  const high = any ? field.high : numberOf(last ?? first, field);
  if (low === undefined || high === undefined) return `failed to parse int from ${text}`;
  if (any && last !== undefined) return `failed to parse int from ${last}`;
  if (low < field.low) return `beginning of range (${low}) below minimum (${field.low}): ${text}`;
  if (high > field.high) return `end of range (${high}) above maximum (${field.high}): ${text}`;
  if (low > high) return `beginning of range (${low}) beyond end of range (${high}): ${text}`;
  if (step === undefined) return undefined;
  if (!/^\d+$/.test(step)) return `failed to parse int from ${step}`;
  return Number(step) === 0 ? `step of range should be a positive number: ${text}` : undefined;
}

function numberOf(text: string, { low, words: names }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + low;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
