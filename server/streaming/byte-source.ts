/** Bytes of a socket, pulled as they are needed: a slow consumer pauses the socket, not the memory. */
import type { Readable } from "node:stream";
import { breath } from "./stretch.ts";

/** Over it the socket is paused. */
const bufferedBytesMax = 256 * 1024;

export class ByteSource {
  readonly #stream: Readable;
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #wake = (): void => {};

  /** `head`: what was read together with what came before. */
  constructor(stream: Readable, head: Uint8Array) {
    this.#stream = stream;
    if (head.length > 0) this.#keep(Buffer.from(head));
    stream.on("data", (chunk: Buffer) => this.#keep(chunk));
    for (const event of ["end", "close", "error"]) {
      stream.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
    stream.resume();
  }

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length > bufferedBytesMax) this.#stream.pause();
    this.#wake();
  }

  #more(): Promise<void> {
    this.#stream.resume();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** What is there, at least a byte; undefined at the end. */
  async some(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return undefined;
      await this.#more();
    }
    const chunk = this.#chunks.shift();
    this.#length -= chunk?.length ?? 0;
    if (this.#length === 0 && !this.#ended) this.#stream.resume();
    return chunk;
  }

  /** Exactly so many; undefined when the end comes before. */
  async exactly(count: number): Promise<Buffer | undefined> {
    await breath();
    while (this.#length < count) {
      if (this.#ended) return undefined;
      await this.#more();
    }
    const [first] = this.#chunks;
    const all = first !== undefined && first.length >= count ? first : Buffer.concat(this.#chunks);
    const rest = all.subarray(count);
    if (all === first) this.#chunks.shift();
    else this.#chunks = [];
    if (rest.length > 0) this.#chunks.unshift(rest);
    this.#length -= count;
    return all.subarray(0, count);
  }
}
