/** Which subnets are taken, and by whom. One controller works on it, one node at a time. */
import {
  formatRange,
  parseRange,
  type Range,
  subnetAt,
  subnetCount,
  subnetsTouched,
} from "./cidr.ts";

export class SubnetAllocator {
  readonly #range: Range;
  readonly #bits: number;
  readonly #takenBy = new Map<number, string>();
  #next = 0;

  /** `bits`: the size of a node's subnet; 24 gives it 254 pods. */
  constructor(cidr: string, bits: number) {
    this.#range = parseRange(cidr);
    this.#bits = bits;
  }

  occupy(node: string, cidr: string): void {
    const { first, last } = subnetsTouched(this.#range, this.#bits, parseRange(cidr));
    for (let index = first; index <= last; index++) this.#takenBy.set(index, node);
  }

  release(node: string, cidr: string): void {
    const { first, last } = subnetsTouched(this.#range, this.#bits, parseRange(cidr));
    for (let index = first; index <= last; index++) {
      if (this.#takenBy.get(index) === node) this.#takenBy.delete(index);
    }
  }

  /** The next free subnet, going round: one just released is not used again at once. undefined: all are taken. */
  allocate(node: string): string | undefined {
    const count = subnetCount(this.#range, this.#bits);
    for (let step = 0; step < count; step++) {
      const index = (this.#next + step) % count;
      if (this.#takenBy.has(index)) continue;
      this.#next = (index + 1) % count;
      this.#takenBy.set(index, node);
      return formatRange(subnetAt(this.#range, this.#bits, index));
    }
    return undefined;
  }
}
