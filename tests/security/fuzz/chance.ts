import { mulberry32 } from "#tests/support/mulberry32.ts";

/** Chance that repeats: every choice of a fuzzer follows from its seed. */
export class Chance {
  /** In [0, 1). */
  readonly fraction: () => number;

  constructor(seed: number) {
    this.fraction = mulberry32(seed || 1);
  }

  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  is(share: number): boolean {
    return this.fraction() < share;
  }

  of<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("nothing to choose from");
    return found;
  }
}
