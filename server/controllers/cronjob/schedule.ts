/** When a schedule in cron's notation comes round: `30 2 * * 1-5`, `@daily`, `@every 1h30m`. */

/** Milliseconds since the epoch; undefined: never within five years. */
export type Next = (after: number) => number | undefined;

const minuteMs = 60_000;
const searchMs = 5 * 366 * 24 * 60 * minuteMs;

const named: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

interface Times {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** With both a day of the month and one of the week, either will do. */
  readonly eitherDay: boolean;
}

const anyDay = /^[*?]/;

function valuesIn(text: string, low: number, high: number, words: readonly string[]): Set<number> {
  const numberOf = (word: string): number => {
    const at = words.indexOf(word.toLowerCase());
    return at >= 0 ? at + low : Number(word);
  };
  const values = new Set<number>();
  for (const part of text.split(",").filter((one) => one !== "")) {
    const [range = "", step] = part.split("/");
    const [first = "", last] = range.split("-");
    const from = anyDay.test(first) ? low : numberOf(first);
    const single = step === undefined ? from : high;
    const to = anyDay.test(first) ? high : last === undefined ? single : numberOf(last);
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

function timesOf(text: string): Times {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = text.split(/\s+/);
  return {
    minutes: valuesIn(minute, 0, 59, []),
    hours: valuesIn(hour, 0, 23, []),
    days: valuesIn(day, 1, 31, []),
    months: valuesIn(month, 1, 12, months),
    weekdays: valuesIn(weekday, 0, 6, weekdays),
    eitherDay: !anyDay.test(day) && !anyDay.test(weekday),
  };
}

interface Clock {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

function utcClock(at: number): Clock {
  const date = new Date(at);
  return {
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

/** What the clocks of a zone show. */
function clockIn(timeZone: string): (at: number) => Clock {
  if (timeZone === "UTC") return utcClock;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
    return {
      month: number("month"),
      day: number("day"),
      weekday: weekdays.indexOf((parts.get("weekday") ?? "").toLowerCase()),
      hour: number("hour"),
      minute: number("minute"),
    };
  };
}

function isDay({ days, months: known, weekdays: week, eitherDay }: Times, clock: Clock): boolean {
  if (!known.has(clock.month)) return false;
  const [byDay, byWeekday] = [days.has(clock.day), week.has(clock.weekday)];
  return eitherDay ? byDay || byWeekday : byDay && byWeekday;
}

/** Clocks may change by an hour or two, always on a quarter of an hour. */
const changeMinutes = 120;
const dayMinutes = 24 * 60;

/** Minutes that can be skipped without passing a match; 0: this one matches. */
function toSkip(times: Times, clock: Clock): number {
  if (!times.months.has(clock.month) && clock.day < 27) return (27 - clock.day) * dayMinutes;
  if (!isDay(times, clock)) {
    const left = dayMinutes - clock.hour * 60 - clock.minute;
    return left > changeMinutes ? left - changeMinutes : 15 - (clock.minute % 15);
  }
  if (!times.hours.has(clock.hour)) return clock.minute < 30 ? 30 - clock.minute : 1;
  return times.minutes.has(clock.minute) ? 0 : 1;
}

function cron(text: string, timeZone: string): Next {
  const times = timesOf(text);
  const clock = clockIn(timeZone);
  return (after) => {
    let at = (Math.floor(after / minuteMs) + 1) * minuteMs;
    for (const end = after + searchMs; at < end; ) {
      const minutes = toSkip(times, clock(at));
      if (minutes === 0) return at;
      at += minutes * minuteMs;
    }
    return undefined;
  };
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: minuteMs, s: 1_000, ms: 1 };

function every(text: string): Next {
  let milliseconds = 0;
  for (const [, amount = "0", unit = "s"] of text.matchAll(/([\d.]+)(h|ms|m|s)/g)) {
    milliseconds += Number(amount) * (unitMs[unit] ?? 0);
  }
  const step = Math.max(1_000, Math.floor(milliseconds / 1_000) * 1_000);
  return (after) => Math.floor(after / 1_000) * 1_000 + step;
}

/** `text` has passed validation. */
export function scheduleOf(text: string, timeZone = "UTC"): Next {
  const own = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/.exec(text);
  const zone = own?.[1] ?? timeZone;
  const schedule = (own?.[2] ?? text).trim();
  if (schedule.startsWith("@every")) return every(schedule.slice("@every".length));
  return cron(named[schedule] ?? schedule, zone);
}
