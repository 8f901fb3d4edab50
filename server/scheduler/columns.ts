/** Columns by node slot: they all grow together, and whoever points at one is told its new address. */
import { HEADER } from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";

export interface Column {
  /** Bits a slot: 1 (a row), 32, 64 or a multiple. */
  readonly bits: number;
  address: number;
  readonly moved: (address: number) => void;
}

interface PointerTable {
  address: number;
  room: number;
}

export class Columns {
  readonly #arena: Arena;
  readonly #columns = new Set<Column>();
  readonly #tables = new Map<number, PointerTable>();
  /** Slots there is room for: a power of two, at least 128. */
  capacity: number;

  constructor(arena: Arena, capacity: number) {
    this.#arena = arena;
    this.capacity = capacity;
  }

  create(bits: number, moved: (address: number) => void): Column {
    const column = { bits, moved, address: this.#arena.allocate((this.capacity * bits) / 8) };
    this.#columns.add(column);
    moved(column.address);
    return column;
  }

  /** A column whose address stands in a header table. */
  createEntry(table: number, index: number, bits: number): Column {
    return this.create(bits, (address) => this.setEntry(table, index, address));
  }

  drop(column: Column): void {
    this.#columns.delete(column);
    this.#arena.free(column.address, (this.capacity * column.bits) / 8);
  }

  /** Writes one entry of the table that a header field points at; the table grows as needed. */
  setEntry(table: number, index: number, value: number): void {
    const arena = this.#arena;
    let place = this.#tables.get(table);
    if (place === undefined || index >= place.room) {
      const room = Math.max(16, index * 2);
      const address = arena.allocate(room * 4);
      if (place !== undefined) {
        arena.u8.copyWithin(address, place.address, place.address + place.room * 4);
        arena.free(place.address, place.room * 4);
      }
      place = { address, room };
      this.#tables.set(table, place);
      arena.set(HEADER + table, address);
    }
    arena.set(place.address + index * 4, value);
  }

  set(column: Column, slot: number, value: number): void {
    this.#arena.i32[(column.address >> 2) + slot] = value;
  }

  get(column: Column, slot: number): number {
    return this.#arena.i32[(column.address >> 2) + slot] ?? 0;
  }

  setDouble(column: Column, slot: number, value: number): void {
    this.#arena.f64[(column.address >> 3) + slot] = value;
  }

  setBit(row: Column, slot: number, on: boolean): void {
    const place = row.address + (slot >> 3);
    const byte = this.#arena.u8[place] ?? 0;
    const bit = 1 << (slot & 7);
    this.#arena.u8[place] = on ? byte | bit : byte & ~bit;
  }

  hasBit(row: Column, slot: number): boolean {
    return ((this.#arena.u8[row.address + (slot >> 3)] ?? 0) & (1 << (slot & 7))) !== 0;
  }

  grow(capacity: number): void {
    const arena = this.#arena;
    const before = this.capacity;
    this.capacity = capacity;
    for (const column of this.#columns) {
      const bytes = (before * column.bits) / 8;
      const address = arena.allocate((capacity * column.bits) / 8);
      arena.u8.copyWithin(address, column.address, column.address + bytes);
      arena.free(column.address, bytes);
      column.address = address;
      column.moved(address);
    }
  }
}
