/** A class's record while it is written: numbers by offset, lists behind pointers. */
import type { Arena } from "./arena.ts";

export class ClassRecord {
  readonly address: number;
  readonly #arena: Arena;
  readonly #allocate: (bytes: number) => number;

  /** `allocate` gives memory that lives as long as the class. */
  constructor(arena: Arena, address: number, allocate: (bytes: number) => number) {
    this.#arena = arena;
    this.address = address;
    this.#allocate = allocate;
  }

  put(offset: number, value: number): void {
    this.#arena.set(this.address + offset, value);
  }

  /** Fresh memory that the field points at. */
  block(offset: number, bytes: number): number {
    const at = this.#allocate(Math.max(4, bytes));
    this.put(offset, at);
    return at;
  }

  list(offset: number, numbers: readonly number[]): void {
    const at = this.block(offset, numbers.length * 4);
    this.#arena.i32.set(numbers, at >> 2);
  }

  /** A list that opens with the number of its rows. */
  counted(offset: number, rows: readonly (number | readonly number[])[]): void {
    this.list(offset, [rows.length, ...rows.flat()]);
  }

  number(at: number, value: number): void {
    this.#arena.set(at, value);
  }

  double(at: number, value: number): void {
    this.#arena.setDouble(at, value);
  }
}
