/**
 * Protobuf, written from the end to the front: when a message is closed its length is known, so nothing is
 * measured beforehand and nothing is moved afterwards. @bufbuild/protobuf's BinaryWriter forks a chunk a
 * message and joins them later; on a Pod that costs several times as much (npm run bench codec).
 *
 *     buffer  [ free ............ | tag length body | tag length body ]
 *                                 ^ position                          ^ end
 */
import { Buffer } from "node:buffer";

const startBytes = 64 * 1024;
/** A writer that grew beyond this for one object is not kept. */
export const keptBytesMax = 8 * 1024 * 1024;
/** Below this, a loop in the script is quicker than a call into the runtime. */
const shortTextMax = 16;
const two32 = 2 ** 32;

export class WireWriter {
  #bytes = Buffer.allocUnsafeSlow(startBytes);
  position = startBytes;

  get capacity(): number {
    return this.#bytes.length;
  }

  /** Bytes written so far: a mark that stays true when the buffer grows, for `close`. */
  get written(): number {
    return this.#bytes.length - this.position;
  }

  reset(): void {
    this.position = this.#bytes.length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, this.position);
  }

  #reserve(bytes: number): void {
    if (this.position >= bytes) return;
    const old = this.#bytes;
    const grown = Buffer.allocUnsafeSlow(Math.max(old.length * 2, old.length + bytes));
    const shift = grown.length - old.length;
    old.copy(grown, this.position + shift, this.position);
    this.#bytes = grown;
    this.position += shift;
  }

  /** What every tag and length is; at most 32 bits. */
  #varint32(value: number): void {
    const bytes = this.#bytes;
    if (value < 0x80) {
      bytes[--this.position] = value;
      return;
    }
    let length = 2;
    for (let rest = value >>> 14; rest > 0; rest >>>= 7) length++;
    let at = this.position - length;
    this.position = at;
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at] = rest;
  }

  /** Puts length and tag before what was written since the mark was taken. */
  close(tag: number, mark: number): void {
    this.head(tag, this.#bytes.length - this.position - mark);
  }

  /** Tag and length of a message. */
  head(tag: number, length: number): void {
    this.#reserve(10);
    this.#varint32(length);
    this.#varint32(tag);
  }

  string(tag: number, text: string): void {
    const length = text.length;
    this.#reserve(length * 3 + 10);
    const bytes = this.#bytes;
    let at = this.position;
    if (length <= shortTextMax) {
      let index = length;
      while (index > 0) {
        const code = text.charCodeAt(--index);
        if (code > 0x7f) {
          at = -1;
          break;
        }
        bytes[--at] = code;
      }
    } else at = -1;
    if (at < 0) {
      const encoded = Buffer.byteLength(text);
      at = this.position - encoded;
      bytes.write(text, at, encoded, "utf8");
    }
    const written = this.position - at;
    this.position = at;
    this.#varint32(written);
    this.#varint32(tag);
  }

  bytes(tag: number, value: Uint8Array): void {
    this.#reserve(value.length + 10);
    this.position -= value.length;
    this.#bytes.set(value, this.position);
    this.#varint32(value.length);
    this.#varint32(tag);
  }

  base64(tag: number, text: string): void {
    this.bytes(tag, Buffer.from(text, "base64"));
  }

  bool(tag: number, value: boolean): void {
    this.#reserve(10);
    this.#bytes[--this.position] = value ? 1 : 0;
    this.#varint32(tag);
  }

  /** int32 and int64 alike: a negative number takes ten bytes. */
  int(tag: number, value: number): void {
    this.#reserve(20);
    if (value >= 0 && value < two32) this.#varint32(value >>> 0);
    else this.#varint64(value);
    this.#varint32(tag);
  }

  #varint64(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    const groups: number[] = [];
    do {
      groups.push(Number(rest & 0x7fn));
      rest >>= 7n;
    } while (rest > 0n);
    for (let index = groups.length - 1; index >= 0; index--) {
      const more = index === groups.length - 1 ? 0 : 0x80;
      this.#bytes[--this.position] = (groups[index] ?? 0) | more;
    }
  }

  double(tag: number, value: number): void {
    this.#reserve(20);
    this.position -= 8;
    this.#bytes.writeDoubleLE(value, this.position);
    this.#varint32(tag);
  }

  /** Bytes without tag or length: a message that is already encoded, or a magic number. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.position -= value.length;
    this.#bytes.set(value, this.position);
  }
}
