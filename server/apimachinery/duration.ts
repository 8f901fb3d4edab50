/** Durations for people, as kubectl prints ages. */

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

function pair(whole: number, wholeUnit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${wholeUnit}` : `${whole}${wholeUnit}${rest}${restUnit}`;
}

/** `59s`, `3m12s`, `5h`, `2d3h`, `400d`, `3y`: two units while the value is small. `milliseconds` may be negative. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 2 * minute) return `${seconds}s`;
  const minutes = Math.trunc(seconds / minute);
  if (minutes < 10) return pair(minutes, "m", seconds % minute, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(seconds / hour);
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(seconds / day);
  if (days < 8) return pair(days, "d", hours % 24, "h");
  if (days < 2 * 365) return `${days}d`;
  const years = Math.trunc(seconds / year);
  if (years < 8) return pair(years, "y", days % 365, "d");
  return `${years}y`;
}
