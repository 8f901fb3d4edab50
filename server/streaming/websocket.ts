/**
 * The server's side of a WebSocket (RFC 6455) on a raw socket: the same on every runtime, and below the HTTP server
 * that granted the upgrade.
 *
 *   byte 0: FIN, opcode   byte 1: MASK, length (126: 2 more bytes, 127: 8 more)   mask (4)   payload
 */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { ByteSource } from "./byte-source.ts";
import { write } from "./write.ts";

/** A client that says more in one message is broken or hostile. */
const messageBytesMax = 4 * 1024 * 1024;
/** What the peer still says after our close is not waited for longer. */
const closeMilliseconds = 2_000;
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export const closeCodes = {
  normal: 1000,
  protocolError: 1002,
  tooBig: 1009,
  internal: 1011,
} as const;

/** The answer to Sec-WebSocket-Key. */
export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}${guid}`).digest("base64");
}

export interface WebSocketMessage {
  readonly data: Buffer;
  readonly text: boolean;
}

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export class WebSocketConnection {
  readonly #socket: Duplex;
  readonly #source: ByteSource;
  #closed = false;

  constructor(socket: Duplex, head: Uint8Array) {
    this.#socket = socket;
    this.#source = new ByteSource(socket, head);
    socket.on("error", () => socket.destroy());
  }

  /** Whole messages until the peer closes or breaks off; pings are answered on the way. */
  async *messages(): AsyncGenerator<WebSocketMessage, void, undefined> {
    let parts: Buffer[] = [];
    let length = 0;
    let text = false;
    for (;;) {
      const frame = await this.#frame();
      if (frame === undefined) return;
      const { opcode, payload, final } = frame;
      if (opcode === opcodes.ping) await this.#send(opcodes.pong, payload);
      else if (opcode === opcodes.close) return this.close(closeCodes.normal);
      if (opcode >= opcodes.close) continue;
      const begins = opcode !== opcodes.continuation;
      if (begins !== (parts.length === 0) || opcode > opcodes.binary) {
        return this.close(closeCodes.protocolError);
      }
      if (begins) text = opcode === opcodes.text;
      parts.push(payload);
      length += payload.length;
      if (length > messageBytesMax) return this.close(closeCodes.tooBig);
      if (!final) continue;
      const [only] = parts;
      yield { text, data: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts) };
      parts = [];
      length = 0;
    }
  }

  async #frame(): Promise<Frame | undefined> {
    const start = await this.#source.exactly(2);
    if (start === undefined) return undefined;
    const [first = 0, second = 0] = start;
    let length = second & 0x7f;
    if (length >= 126) {
      const long = await this.#source.exactly(length === 126 ? 2 : 8);
      if (long === undefined) return undefined;
      length = long.length === 2 ? long.readUInt16BE() : Number(long.readBigUInt64BE());
    }
    // RFC 6455: a client masks, or is no WebSocket client.
    if ((second & 0x80) === 0) return this.#fail(closeCodes.protocolError);
    if (length > messageBytesMax) return this.#fail(closeCodes.tooBig);
    const mask = await this.#source.exactly(4);
    const masked = await this.#source.exactly(length);
    if (mask === undefined || masked === undefined) return undefined;
    const payload = Buffer.from(masked);
    for (let index = 0; index < length; index++) {
      payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
    }
    return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }

  #fail(code: number): undefined {
    this.close(code);
    return undefined;
  }

  /** Resolves when the socket takes more. */
  send(data: Uint8Array, kind: "binary" | "text"): Promise<void> {
    return this.#send(opcodes[kind], data);
  }

  #send(opcode: number, data: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return write(this.#socket, Buffer.concat([frameHead(opcode, data.length), data]));
  }

  close(code: number, reason = ""): void {
    if (this.#closed) return;
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    void this.#send(opcodes.close, payload);
    this.#closed = true;
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), closeMilliseconds);
    timer.unref();
    this.#socket.once("close", () => clearTimeout(timer));
  }
}

function frameHead(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  if (length < 0x1_0000) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
