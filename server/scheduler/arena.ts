/**
 * The allocator of the module's memory. Power-of-two sizes with free lists; everything starts zeroed at
 * 16 bytes. The module itself never allocates, so views only move here.
 */
import { ARENA } from "#gen/scheduler-abi.ts";

const pageBytes = 65536;
const smallestBytes = 16;
/** Up to here a loop is quicker than a call of `fill`. */
const wordsBytes = 256;

export class Arena {
  readonly memory: WebAssembly.Memory;
  i32: Int32Array;
  f64: Float64Array;
  u8: Uint8Array;
  #next = ARENA;
  /** Freed blocks by size: of powers of two by their exponent, of whole pages by their bytes. */
  readonly #small: number[][] = Array.from({ length: 17 }, () => []);
  readonly #large = new Map<number, number[]>();

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.i32 = new Int32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.u8 = new Uint8Array(memory.buffer);
  }

  /** Bytes handed out so far, freed ones included. */
  get bytes(): number {
    return this.#next;
  }

  allocate(bytes: number): number {
    const size = sizeFor(bytes);
    const reused = (
      size > pageBytes ? this.#large.get(size) : this.#small[exponentOf(size)]
    )?.pop();
    if (reused !== undefined) {
      if (size <= wordsBytes) this.#zero(reused, size);
      else this.u8.fill(0, reused, reused + size);
      return reused;
    }
    const address = this.#next;
    this.#next += size;
    if (this.#next > this.memory.buffer.byteLength) this.#grow();
    return address;
  }

  free(address: number, bytes: number): void {
    const size = sizeFor(bytes);
    const list = size > pageBytes ? this.#large.get(size) : this.#small[exponentOf(size)];
    if (list === undefined) this.#large.set(size, [address]);
    else list.push(address);
  }

  #zero(address: number, bytes: number): void {
    const { i32 } = this;
    for (let word = address >> 2, end = (address + bytes) >> 2; word < end; word++) i32[word] = 0;
  }

  get(address: number): number {
    return this.i32[address >> 2] ?? 0;
  }

  set(address: number, value: number): void {
    this.i32[address >> 2] = value;
  }

  getDouble(address: number): number {
    return this.f64[address >> 3] ?? 0;
  }

  setDouble(address: number, value: number): void {
    this.f64[address >> 3] = value;
  }

  /** A new run of i32 numbers; freed with its length times 4. */
  list(numbers: readonly number[]): number {
    const address = this.allocate(Math.max(4, numbers.length * 4));
    this.i32.set(numbers, address >> 2);
    return address;
  }

  #grow(): void {
    const missing = this.#next - this.memory.buffer.byteLength;
    const pages = Math.max(
      Math.ceil(missing / pageBytes),
      this.memory.buffer.byteLength / pageBytes / 4,
    );
    this.memory.grow(Math.ceil(pages));
    this.i32 = new Int32Array(this.memory.buffer);
    this.f64 = new Float64Array(this.memory.buffer);
    this.u8 = new Uint8Array(this.memory.buffer);
  }
}

/** Powers of two up to a page, whole pages above. */
function sizeFor(bytes: number): number {
  if (bytes > pageBytes) return Math.ceil(bytes / pageBytes) * pageBytes;
  return bytes <= smallestBytes ? smallestBytes : 2 ** (32 - Math.clz32(bytes - 1));
}

/** Of a power of two. */
function exponentOf(size: number): number {
  return 31 - Math.clz32(size);
}
