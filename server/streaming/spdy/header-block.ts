/**
 * SPDY/3.1 header blocks: names and values, counted, in one zlib stream per direction that ends never and is
 * flushed behind each block.
 *
 *   count (4)   { length (4) name   length (4) value }
 */
import { constants, inflateRawSync } from "node:zlib";
import { dictionary, dictionaryId } from "./dictionary.ts";

/** Lower-case names. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** As far back as deflate refers. */
const windowBytes = 32 * 1024;
/** One header block unpacked; more is a bomb. */
const blockBytesMax = 64 * 1024;
const storedBytesMax = 0xffff;

/** A deflate block that holds its bytes as they are. */
function stored(bytes: Uint8Array): Buffer {
  if (bytes.length > storedBytesMax) throw new Error("a header block of more than 64 KiB");
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(bytes.length ^ 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

/** Headers are few and short here: they are sent unpacked, in zlib's form. */
export class HeaderWriter {
  #begun = false;

  encode(headers: SpdyHeaders): Buffer {
    const entries = Object.entries(headers);
    const parts = [number(entries.length)];
    for (const text of entries.flat()) {
      const bytes = Buffer.from(text, "utf8");
      parts.push(number(bytes.length), bytes);
    }
    // The empty block behind it is zlib's flush: readers hand out what they have when they see one.
    const block = Buffer.concat([stored(Buffer.concat(parts)), stored(Buffer.alloc(0))]);
    if (this.#begun) return block;
    this.#begun = true;
    return Buffer.concat([Buffer.from([0x78, 0xbb]), number(dictionaryId), block]);
  }
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A block ends on a byte, so each is unpacked for itself, behind the window it may refer to. */
export class HeaderReader {
  #window: Buffer = dictionary;
  #begun = false;

  /** Throws on what is no header block. */
  decode(block: Buffer): SpdyHeaders {
    const withDictionary = ((block[1] ?? 0) & 0x20) !== 0;
    const raw = this.#begun ? block : block.subarray(withDictionary ? 6 : 2);
    this.#begun = true;
    // Not every runtime's inflate takes a dictionary; every one takes a stored block that says the same.
    const before = stored(this.#window);
    const unpacked = inflateRawSync(Buffer.concat([before, raw]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: this.#window.length + blockBytesMax,
    });
    const bytes = unpacked.subarray(this.#window.length);
    this.#window = unpacked.subarray(-windowBytes);
    return headersIn(bytes);
  }
}

function headersIn(bytes: Buffer): SpdyHeaders {
  let offset = 4;
  const text = (): string => {
    const length = bytes.readUInt32BE(offset);
    const start = offset + 4;
    offset = start + length;
    if (offset > bytes.length) throw new Error("a header block ends within a header");
    return bytes.toString("utf8", start, offset);
  };
  const headers: Record<string, string> = {};
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = text();
    headers[name] = text();
  }
  return headers;
}
