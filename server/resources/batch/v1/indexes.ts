/** Completion indexes as text: `1,3-5,7`, growing. */

type Interval = readonly [first: number, last: number];

/** `3-5`, or why it is none. */
function intervalOf(text: string, completions: number): Interval | string {
  const match = /^\+?(\d+)(?:-\+?(\d+))?$/.exec(text);
  if (match === null) return `cannot convert string to integer for index: ${JSON.stringify(text)}`;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first >= completions) return `too large index: ${JSON.stringify(String(first))}`;
  if (last >= completions) return `too large index: ${JSON.stringify(String(last))}`;
  if (first > last || (match[2] !== undefined && first === last))
    return `non-increasing order, previous: ${first}, current: ${last}`;
  return [first, last];
}

/** How many there are, or why the text is none. */
export function countIndexes(
  text: string,
  completions: number,
): { readonly total: number } | { readonly fault: string } {
  if (text === "") return { total: 0 };
  let total = 0;
  let previous = -1;
  for (const part of text.split(",")) {
    const interval = intervalOf(part, completions);
    if (typeof interval === "string") return { fault: interval };
    const [first, last] = interval;
    if (previous >= first)
      return { fault: `non-increasing order, previous: ${previous}, current: ${first}` };
    total += last - first + 1;
    previous = last;
  }
  return { total };
}

/** An index that both hold; intervals that cannot be read hold none. */
export function overlapOf(one: string, other: string, completions: number): number | undefined {
  const [left, right] = [one, other].map((text) =>
    text
      .split(",")
      .map((part) => intervalOf(part, completions))
      .filter((interval) => typeof interval !== "string"),
  );
  let [a, b] = [0, 0];
  for (;;) {
    const [first, second] = [left?.[a], right?.[b]];
    if (first === undefined || second === undefined) return undefined;
    if (first[0] <= second[1] && second[0] <= first[1]) return Math.max(first[0], second[0]);
    if (first[0] <= second[0]) a++;
    else b++;
  }
}
