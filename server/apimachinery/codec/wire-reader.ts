/** Protobuf, read with bounds: truncated or overlong input throws ApiError BadRequest, never anything else. */
import { Buffer } from "node:buffer";
import { type ApiError, badRequest } from "#apimachinery/status.ts";

/** Messages within messages; upstream's Go code bounds recursion at 10 000, our stack is smaller. */
const depthMax = 500;
const two32 = 2 ** 32;
const internedBytesMax = 32;
/** Names differ at their ends: hashing the last bytes tells them apart. */
const hashedBytesMax = 12;
const internedSlots = 4096;

/**
 * Texts seen lately, by hash: most short strings of API objects come again and again (`Always`, a namespace,
 * a label key), and one shared string saves both the call into the runtime and the memory.
 */
const interned: string[] = new Array(internedSlots).fill("");

export class WireReader {
  readonly #bytes: Buffer;
  position = 0;
  /** End of the message being read. */
  end: number;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** A tag or a length. */
  uint32(): number {
    const bytes = this.#bytes;
    const end = this.end;
    let at = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw unexpectedEnd();
      const byte = bytes[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = at;
        return value >>> 0;
      }
    }
    throw badRequest("proto: integer overflow");
  }

  /** int32 and int64. Beyond 2^53 the nearest number: the JSON shape holds no more. */
  int(): number {
    const bytes = this.#bytes;
    const first = bytes[this.position] as number;
    if (this.position < this.end && first < 0x80) {
      this.position++;
      return first;
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw unexpectedEnd();
      const byte = bytes[this.position++] as number;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high = (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) return (high | 0) * two32 + (low >>> 0);
    }
    throw badRequest("proto: integer overflow");
  }

  bool(): boolean {
    return this.int() !== 0;
  }

  double(): number {
    const start = this.#take(8);
    return this.#bytes.readDoubleLE(start);
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw unexpectedEnd();
    this.position = start + length;
    return start;
  }

  string(): string {
    const length = this.uint32();
    const start = this.#take(length);
    if (length > internedBytesMax) return utf8Text(this.#bytes, start, start + length);
    return length === 0 ? "" : this.#short(start, length);
  }

  #short(start: number, length: number): string {
    const bytes = this.#bytes;
    const end = start + length;
    let hash = length;
    for (let at = length > hashedBytesMax ? end - hashedBytesMax : start; at < end; at++) {
      hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    }
    const slot = (hash ^ (hash >>> 15)) & (internedSlots - 1);
    const known = interned[slot] as string;
    if (known.length === length) {
      let index = 0;
      // Only plain ASCII is kept, so a character is a byte.
      while (index < length && known.charCodeAt(index) === bytes[start + index]) index++;
      if (index === length) return known;
    }
    const text = utf8Text(bytes, start, end);
    if (text.length === length && isAscii(text)) interned[slot] = text;
    return text;
  }

  bytes(): Uint8Array {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  base64(): string {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.toString("base64", start, start + length);
  }

  /** Steps into the message that follows; hand what comes back to `leave`. */
  enter(): number {
    const length = this.uint32();
    const outer = this.end;
    if (length > outer - this.position) throw unexpectedEnd();
    if (++this.#depth > depthMax) throw badRequest("proto: exceeded max depth");
    this.end = this.position + length;
    return outer;
  }

  leave(outer: number): void {
    this.end = outer;
    this.#depth--;
  }

  /** Steps into a message that is not there: reading it gives the zero value. */
  absent(): number {
    const outer = this.end;
    this.end = this.position;
    this.#depth++;
    return outer;
  }

  /** Passes over a field that the message does not declare. */
  skip(tag: number): void {
    if (tag >>> 3 === 0) throw badRequest(`proto: illegal tag ${tag >>> 3} (wire type ${tag})`);
    switch (tag & 7) {
      case 0:
        this.int();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.#take(this.uint32());
        return;
      case 5:
        this.#take(4);
        return;
      default:
        throw badRequest(`proto: illegal wireType ${tag & 7}`);
    }
  }
}

/** Both runtimes' Buffer has `utf8Slice`, which spares `toString` its reading of arguments; the types leave it out. */
interface Utf8Sliceable {
  utf8Slice(start: number, end: number): string;
}

function utf8Text(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Utf8Sliceable).utf8Slice(start, end);
}

function unexpectedEnd(): ApiError {
  return badRequest("unexpected EOF");
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
