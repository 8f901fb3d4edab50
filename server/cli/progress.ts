/** Steps on their own lines, each with its time, for whatever takes longer than a second. */

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

export type Step = <T>(title: string, action: () => Promise<T>) => Promise<T>;

export function steps(say: (text: string) => void, clock: () => number): Step {
  return async (title, action) => {
    const started = clock();
    const result = await action();
    say(`  ${title.padEnd(40)} ${seconds(clock() - started)}`);
    return result;
  };
}
