/**
 * SPDY/3.1 as kubelets and kubectl speak it (draft-mbelshe-httpbis-spdy): streams in both directions over one
 * connection, without flow control of its own, as upstream's implementation has none either.
 *
 *   control: 1|version(15) type(16)   flags(8) length(24)   payload      data: 0|stream(31)   flags(8) length(24)   payload
 */
import type { Duplex } from "node:stream";
import { ByteSource } from "#streaming/byte-source.ts";
import { write } from "#streaming/write.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./header-block.ts";
import { SpdyStream } from "./stream.ts";

const types = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const;
const finFlag = 1;
/** Upstream sends pieces of 32 KiB. */
const frameBytesMax = 4 * 1024 * 1024;
/** A peer that opens more is broken or hostile. */
const streamsMax = 1000;
/** What the peer still says after our end is not waited for longer. */
const closeMilliseconds = 2_000;

export interface SpdyOptions {
  readonly socket: Duplex;
  readonly head: Uint8Array;
  readonly role: "client" | "server";
  /** The peer opened one. */
  readonly onStream?: (stream: SpdyStream) => void;
}

export class SpdySession {
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #writer = new HeaderWriter();
  readonly #reader = new HeaderReader();
  #nextId: number;
  /** Resolves when the connection is over. */
  readonly done: Promise<void>;

  constructor(options: SpdyOptions) {
    this.#options = options;
    this.#nextId = options.role === "client" ? 1 : 2;
    const { socket } = options;
    socket.on("error", () => socket.destroy());
    // What came before the close is still handed on, and a stream that nobody reads holds the session no longer.
    socket.once("close", () => {
      for (const stream of this.#streams.values()) stream.holdNoMore();
    });
    this.done = this.#read().finally(() => {
      for (const stream of this.#streams.values()) stream.finish();
      socket.destroy();
    });
  }

  open(headers: SpdyHeaders): SpdyStream {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = this.#add(id, headers);
    const fixed = Buffer.alloc(10);
    fixed.writeUInt32BE(id);
    this.#control(types.synStream, 0, [fixed, this.#writer.encode(headers)]);
    return stream;
  }

  close(): void {
    const { socket } = this.#options;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), closeMilliseconds);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  }

  #add(id: number, headers: SpdyHeaders): SpdyStream {
    const { socket } = this.#options;
    const send = (flags: number, bytes: Uint8Array): Promise<void> => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(id);
      head.writeUInt32BE(((flags << 24) | bytes.length) >>> 0, 4);
      return write(socket, Buffer.concat([head, bytes]));
    };
    const stream = new SpdyStream(headers, {
      data: (bytes) => send(0, bytes),
      end: () => void send(finFlag, Buffer.alloc(0)),
      gone: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    return stream;
  }

  #control(type: number, flags: number, parts: readonly Buffer[]): void {
    const payload = Buffer.concat(parts);
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x8003);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
    void write(this.#options.socket, Buffer.concat([head, payload]));
  }

  /** Frame after frame; a malformed one ends the connection. */
  async #read(): Promise<void> {
    const source = new ByteSource(this.#options.socket, this.#options.head);
    for (;;) {
      const head = await source.exactly(8);
      if (head === undefined) return;
      const length = head.readUInt32BE(4) & 0xffffff;
      const flags = head[4] ?? 0;
      if (length > frameBytesMax) return;
      const payload = await source.exactly(length);
      if (payload === undefined) return;
      const first = head.readUInt32BE(0);
      if (first >>> 31 === 0) await this.#onData(first, flags, payload);
      else {
        try {
          if (!this.#onControl(first & 0xffff, flags, payload)) return;
        } catch {
          // A block that cannot be unpacked leaves the compression of both ends apart: nothing after it can be read.
          return;
        }
      }
    }
  }

  async #onData(id: number, flags: number, payload: Buffer): Promise<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    await stream.take(payload);
    if ((flags & finFlag) !== 0) stream.finish();
  }

  /** False when the peer goes away. */
  #onControl(type: number, flags: number, payload: Buffer): boolean {
    if (type === types.synStream) return this.#onSynStream(flags, payload);
    // Replies carry nothing here, but their headers move the compression on.
    if (type === types.synReply || type === types.headers) this.#reader.decode(payload.subarray(4));
    if (type === types.ping) this.#onPing(payload);
    if (type === types.rstStream) this.#streams.get(payload.readUInt32BE(0))?.finish();
    return type !== types.goAway;
  }

  /** Pings of our own there are none: every one is the peer's. */
  #onPing(payload: Buffer): void {
    this.#control(types.ping, 0, [payload]);
  }

  #onSynStream(flags: number, payload: Buffer): boolean {
    const id = payload.readUInt32BE(0);
    const stream = this.#add(id, this.#reader.decode(payload.subarray(10)));
    const reply = Buffer.alloc(4);
    reply.writeUInt32BE(id);
    this.#control(types.synReply, 0, [reply, this.#writer.encode({})]);
    if ((flags & finFlag) !== 0) stream.finish();
    this.#options.onStream?.(stream);
    return this.#streams.size <= streamsMax;
  }
}
