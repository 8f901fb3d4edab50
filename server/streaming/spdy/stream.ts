/** One stream of a SPDY session: written to and read from, each end closed for itself. */
import type { SpdyHeaders } from "./header-block.ts";

/** Over it the whole session waits for this stream's reader. */
const waitingBytesMax = 1024 * 1024;
/** Larger writes go in pieces, so that streams take turns. */
const pieceBytesMax = 32 * 1024;

export interface StreamSender {
  data(bytes: Uint8Array): Promise<void>;
  end(): void;
  /** Both ends are closed. */
  gone(): void;
}

export class SpdyStream {
  readonly headers: SpdyHeaders;
  readonly #sender: StreamSender;
  readonly #chunks: Buffer[] = [];
  #waiting = 0;
  #peerEnded = false;
  #holds = true;
  #ended = false;
  #wakeReader = (): void => {};
  #wakeSession = (): void => {};

  constructor(headers: SpdyHeaders, sender: StreamSender) {
    this.headers = headers;
    this.#sender = sender;
  }

  /** Resolves when more may be written. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#ended; at += pieceBytesMax) {
      await this.#sender.data(bytes.subarray(at, at + pieceBytesMax));
    }
  }

  /** Nothing more will be written. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sender.end();
    if (this.#peerEnded) this.#sender.gone();
  }

  /** What the peer wrote; undefined after its last. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waiting -= chunk.length;
        this.#wakeSession();
        return chunk;
      }
      if (this.#peerEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  /** Everything that the peer writes. */
  async readAll(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** The session's: data came. Resolves when there is room for more. */
  async take(bytes: Buffer): Promise<void> {
    if (this.#peerEnded || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#waiting += bytes.length;
    this.#wakeReader();
    if (!this.#holds || this.#waiting <= waitingBytesMax) return;
    await new Promise<void>((resolve) => {
      this.#wakeSession = resolve;
    });
  }

  /** The session's: its connection is closed, what is left of it is bounded and may come whole. */
  holdNoMore(): void {
    this.#holds = false;
    this.#wakeSession();
  }

  /** The session's: the peer writes no more. */
  finish(): void {
    this.#peerEnded = true;
    this.#wakeReader();
    this.#wakeSession();
    if (this.#ended) this.#sender.gone();
  }
}
