/**
 * A turn of the loop has so many milliseconds for all that is read of streams: a peer whose frames are a few bytes
 * each would else keep it for as long as it has read ahead.
 */

/** Of one turn. */
const stretchMs = 4;

/** When somebody first read in this turn. */
let since: number | undefined;
const waiting: (() => void)[] = [];

function turn(): void {
  since = undefined;
  const next = waiting.shift();
  if (next === undefined) return;
  begin();
  next();
}

function begin(): void {
  since = performance.now();
  setImmediate(turn);
}

/** undefined: there is time left in this turn. One after the other where there is not. */
export function breath(): Promise<void> | undefined {
  if (since === undefined) begin();
  else if (performance.now() - since >= stretchMs) {
    return new Promise((resolve) => void waiting.push(resolve));
  }
  return undefined;
}
