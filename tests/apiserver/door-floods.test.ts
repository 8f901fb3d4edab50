/** What the door does with clients that ask for more than they may: each loses its connection, and is told why. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { flags, frame, headerBlock, number, preface, setting, types } from "#tests/siege/frames.ts";
import { serve } from "./serve.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const directory = mkdtempSync(join(tmpdir(), "kubun-floods-"));
let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve(directory, 0);
});
afterAll(async () => {
  await served.door.close();
  await served.harness.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Says the pieces until the peer ends the connection; resolves with everything it heard. */
function conversation(protocol: string, pieces: Iterable<Buffer>): Promise<Buffer> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = connect({
      host: "127.0.0.1",
      port: served.door.port,
      ALPNProtocols: [protocol],
      ca: served.authority.certificate,
      cert: served.client.certificate,
      key: served.client.privateKey,
    });
    socket.on("data", (chunk: Buffer) => heard.push(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(Buffer.concat(heard)));
    socket.once("secureConnect", async () => {
      for (const piece of pieces) {
        if (socket.destroyed) break;
        if (!socket.write(piece)) await new Promise((go) => setTimeout(go, 20));
        await new Promise((go) => setImmediate(go));
      }
    });
  });
}

/** The code of the first GOAWAY among the frames. */
function goneWith(bytes: Buffer): number | undefined {
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes[at + 3] === types.goAway) return bytes.readUInt32BE(at + 13);
    at += 9 + length;
  }
  return undefined;
}

const hello = [preface, frame(types.settings, 0, 0)];
const enhanceYourCalm = 11;

function* repeated(times: number, make: (at: number) => Buffer): Generator<Buffer> {
  yield* hello;
  for (let round = 0; round < times; round++) {
    yield Buffer.concat(Array.from({ length: 50 }, (_, at) => make(round * 50 + at)));
  }
}

const takenBack = (at: number): Buffer =>
  Buffer.concat([
    frame(types.headers, flags.endHeaders | flags.endStream, 2 * at + 1, headerBlock("GET", maps)),
    frame(types.reset, 0, 2 * at + 1, number(8)),
  ]);

const floods: Readonly<Record<string, (at: number) => Buffer>> = {
  pings: () => frame(types.ping, 0, 0, Buffer.alloc(8)),
  settings: () => frame(types.settings, 0, 0, setting(4, 65_535)),
  "streams that are taken back": takenBack,
};
for (const [name, make] of Object.entries(floods)) {
  test(`a flood of ${name} ends with ENHANCE_YOUR_CALM`, async () => {
    expect(goneWith(await conversation("h2", repeated(200, make)))).toBe(enhanceYourCalm);
  });
}

test("some pings and some streams taken back are nothing", async () => {
  const few = [
    ...repeated(1, takenBack),
    ...repeated(1, () => frame(types.ping, 0, 0, Buffer.alloc(8))),
  ];
  const last = frame(types.goAway, 0, 0, Buffer.alloc(8));
  const heard = await conversation("h2", [...few.filter((_, at) => at !== 3 && at !== 4), last]);
  expect(goneWith(heard) ?? 0).toBe(0);
});

/** A head that promises `length`, and piece after piece. */
function* endless(length: string): Generator<Buffer> {
  yield Buffer.from(
    `POST ${maps} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`,
  );
  const piece = Buffer.alloc(0xffff, "[");
  const chunk = Buffer.concat([Buffer.from("ffff\r\n"), piece, Buffer.from("\r\n")]);
  for (let at = 0; at < 2_000; at++) yield length.startsWith("transfer") ? chunk : piece;
}

for (const length of [`content-length: ${2 ** 40}`, "transfer-encoding: chunked"]) {
  test(`a body without an end (${length}) is answered 413, and its connection goes`, async () => {
    const heard = (await conversation("http/1.1", endless(length))).toString();
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard.toLowerCase()).toContain("connection: close");
  });
}
