import { describe, expect, test } from "bun:test";
import { type Duplex, duplexPair } from "node:stream";
import { acceptKey, WebSocketConnection } from "./websocket.ts";

/** A client's frame: masked, as RFC 6455 asks of clients. */
function frame(opcode: number, payload: string, { final = true, masked = true } = {}): Buffer {
  const data = Buffer.from(payload, "latin1");
  const long = data.length >= 126;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (long ? 126 : data.length);
  if (long) head.writeUInt16BE(data.length, 2);
  if (!masked) return Buffer.concat([head, data]);
  const mask = Buffer.from([1, 2, 3, 4]);
  const hidden = data.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
  return Buffer.concat([head, mask, hidden]);
}

async function everything(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function read(sent: readonly Buffer[]): Promise<{ heard: string[]; answered: Buffer }> {
  const [client, server] = duplexPair();
  const socket = new WebSocketConnection(server, Buffer.alloc(0));
  const answered = everything(client);
  // Byte by byte: a frame may come in any pieces.
  for (const byte of Buffer.concat(sent)) client.write(Buffer.from([byte]));
  client.end();
  const heard: string[] = [];
  for await (const { data, text } of socket.messages()) heard.push(`${text ? "t" : "b"}:${data}`);
  server.end();
  return { heard, answered: await answered };
}

describe("WebSocket", () => {
  test("the handshake's answer is the RFC's example", () => {
    expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });

  test("messages of one and of several frames, long ones, pings between them", async () => {
    const long = "x".repeat(300);
    const { heard, answered } = await read([
      frame(2, "one"),
      frame(1, "tw", { final: false }),
      frame(9, "are you there"),
      frame(0, "o"),
      frame(2, long),
    ]);
    expect(heard).toEqual(["b:one", "t:two", `b:${long}`]);
    expect(answered.toString("latin1")).toBe("\x8a\x0dare you there");
  });

  test("a close is answered; nothing after it is heard", async () => {
    const { heard, answered } = await read([frame(2, "a"), frame(8, "\x03\xe8"), frame(2, "b")]);
    expect(heard).toEqual(["b:a"]);
    expect(answered.toString("latin1")).toBe("\x88\x02\x03\xe8");
  });

  test("what a client must not send closes with the reason's code", async () => {
    const tooBig = Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]);
    const cases: readonly (readonly [Buffer, number])[] = [
      [frame(2, "x", { masked: false }), 1002],
      [frame(0, "nothing to go on with"), 1002],
      [frame(5, "unknown"), 1002],
      [tooBig, 1009],
    ];
    for (const [sent, code] of cases) {
      const { heard, answered } = await read([sent]);
      expect(heard).toEqual([]);
      expect(answered.readUInt16BE(2)).toBe(code);
    }
  });

  test("what is sent is framed by its length", async () => {
    const [client, server] = duplexPair();
    const socket = new WebSocketConnection(server, Buffer.alloc(0));
    const answered = everything(client);
    for (const length of [3, 300, 70_000]) await socket.send(Buffer.alloc(length), "binary");
    server.end();
    const bytes = await answered;
    expect([...bytes.subarray(0, 2)]).toEqual([0x82, 3]);
    expect([...bytes.subarray(5, 9)]).toEqual([0x82, 126, 1, 44]);
    expect(bytes.length).toBe(2 + 3 + 4 + 300 + 10 + 70_000);
  });
});
