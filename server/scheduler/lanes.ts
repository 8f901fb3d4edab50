/** Pods by priority, then by order of arrival. Most come in that order, so most are appended and shifted. */
import { Heap } from "./heap.ts";

interface Ordered {
  readonly priority: number;
  readonly sequence: number;
}

/** Emptied places are cut off when they are this many and half of the lane. */
const emptyMin = 1024;

/** Those of one priority. */
class Lane<T extends Ordered> {
  readonly #items: (T | undefined)[] = [];
  #head = 0;
  #last = -1;
  /** Who came after a later one. */
  readonly #late = new Heap<T>((a, b) => a.sequence - b.sequence);

  push(item: T): void {
    if (item.sequence <= this.#last) {
      this.#late.push(item);
      return;
    }
    this.#items.push(item);
    this.#last = item.sequence;
  }

  peek(): T | undefined {
    const first = this.#items[this.#head];
    const late = this.#late.peek();
    if (first === undefined || late === undefined) return first ?? late;
    return late.sequence < first.sequence ? late : first;
  }

  pop(): void {
    if (this.peek() === this.#late.peek()) {
      this.#late.pop();
      return;
    }
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
      this.#last = -1;
    } else if (this.#head >= emptyMin && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

export class Lanes<T extends Ordered> {
  readonly #lanes = new Map<number, Lane<T>>();
  /** Descending. */
  #priorities: number[] = [];

  push(item: T): void {
    let lane = this.#lanes.get(item.priority);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(item.priority, lane);
      this.#priorities = [...this.#priorities, item.priority].sort((a, b) => b - a);
    }
    lane.push(item);
  }

  peek(): T | undefined {
    for (;;) {
      const [priority] = this.#priorities;
      if (priority === undefined) return undefined;
      const first = this.#lanes.get(priority)?.peek();
      if (first !== undefined) return first;
      this.#lanes.delete(priority);
      this.#priorities = this.#priorities.slice(1);
    }
  }

  pop(): T | undefined {
    const first = this.peek();
    if (first !== undefined) this.#lanes.get(first.priority)?.pop();
    return first;
  }
}
