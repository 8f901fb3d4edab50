import { mulberry32 } from "#tests/support/mulberry32.ts";

/** A stream of choices that a seed decides. */
export class Choices {
  /** In [0, 1). */
  readonly fraction: () => number;

  constructor(seed: number) {
    this.fraction = mulberry32(seed);
  }

  /** Another stream, which the same start makes again. */
  fork(start: number): Choices {
    return new Choices(start);
  }

  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  of<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to choose from");
    // In range; undefined may be one of them.
    return items[this.below(items.length)] as T;
  }

  some<T>(items: readonly T[], share: number): T[] {
    return items.filter(() => this.fraction() < share);
  }
}
