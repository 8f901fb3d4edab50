import { expect, test } from "bun:test";
import { duplexPair } from "node:stream";
import { chooseReaderProtocol, type ReaderProtocol, sendAll } from "./reader-socket.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function heard(protocol: ReaderProtocol): Promise<string> {
  const [client, server] = duplexPair();
  const chunks: Buffer[] = [];
  client.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => client.once("end", resolve));
  await sendAll({ socket: server, head: Buffer.alloc(0) }, protocol, pieces("one\n", "two\n"));
  await ended;
  client.destroy();
  return Buffer.concat(chunks).toString("latin1");
}

test("each piece is a message, as bytes or as base64, and the end closes", async () => {
  expect(await heard("binary.k8s.io")).toBe("\x82\x04one\n\x82\x04two\n\x88\x02\x03\xe8");
  expect(await heard("base64.binary.k8s.io")).toBe(
    "\x81\x08b25lCg==\x81\x08dHdvCg==\x88\x02\x03\xe8",
  );
});

test("the client chooses the form; without a choice it is bytes", () => {
  expect(chooseReaderProtocol(null)).toBe("binary.k8s.io");
  expect(chooseReaderProtocol("x, base64.binary.k8s.io")).toBe("base64.binary.k8s.io");
  expect(() => chooseReaderProtocol("v5.channel.k8s.io")).toThrow("no WebSocket protocol");
});
