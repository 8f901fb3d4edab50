/** Completion indexes as text: `1,3-5,7`, growing. */

/** How many there are, or why the text is none. */
export function countIndexes(
  text: string,
  completions: number,
): { readonly total: number } | { readonly fault: string } {
  if (text === "") return { total: 0 };
  let total = 0;
  let last = -1;
  for (const interval of text.split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(interval);
    if (match === null)
      return { fault: `cannot convert string to integer for index: ${JSON.stringify(interval)}` };
    const first = Number(match[1]);
    const end = Number(match[2] ?? match[1]);
    if (first >= completions) return { fault: `too large index: ${JSON.stringify(String(first))}` };
    if (end >= completions) return { fault: `too large index: ${JSON.stringify(String(end))}` };
    if (first > end || (match[2] !== undefined && first === end))
      return { fault: `non-increasing order, previous: ${first}, current: ${end}` };
    if (last >= first)
      return { fault: `non-increasing order, previous: ${last}, current: ${first}` };
    total += end - first + 1;
    last = end;
  }
  return { total };
}
