import { describe, expect, test } from "bun:test";
import { constants, createDeflate } from "node:zlib";
import { dictionary, dictionaryId } from "./dictionary.ts";
import { HeaderReader, HeaderWriter } from "./header-block.ts";

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

/** As other implementations send blocks: compressed, each referring to the ones before it. */
async function compressed(blocks: readonly Buffer[]): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary });
  const sent: Buffer[] = [];
  for (const block of blocks) {
    const parts: Buffer[] = [];
    const keep = (part: Buffer): number => parts.push(part);
    deflate.on("data", keep);
    deflate.write(block);
    await new Promise<void>((done) => deflate.flush(constants.Z_SYNC_FLUSH, () => done()));
    await new Promise((done) => setImmediate(done));
    deflate.removeListener("data", keep);
    sent.push(Buffer.concat(parts));
  }
  return sent;
}

function plain(headers: Record<string, string>): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const counted = (text: string): Buffer[] => [number(Buffer.byteLength(text)), Buffer.from(text)];
  const entries = Object.entries(headers);
  return Buffer.concat([number(entries.length), ...entries.flat().flatMap(counted)]);
}

describe("header blocks", () => {
  const all = ["error", "stdin", "stdout"].map((streamtype) => ({ streamtype, port: "80" }));

  test("the dictionary is the one that the protocol's peers name by its checksum", () => {
    expect(adler32(dictionary)).toBe(dictionaryId);
  });

  test("what one end writes the other reads, block after block", () => {
    const [writer, reader] = [new HeaderWriter(), new HeaderReader()];
    for (const headers of all) expect(reader.decode(writer.encode(headers))).toEqual(headers);
  });

  test("compressed blocks are read, those that refer to earlier ones too", async () => {
    const reader = new HeaderReader();
    const blocks = await compressed(all.map(plain));
    expect(blocks[1]?.length).toBeLessThan(blocks[0]?.length ?? 0);
    expect(blocks.map((block) => reader.decode(block))).toEqual(all);
  });

  test("a bomb and a torn block are refused", async () => {
    const [bomb = Buffer.alloc(0)] = await compressed([Buffer.alloc(10 * 1024 * 1024)]);
    expect(() => new HeaderReader().decode(bomb)).toThrow();
    const torn = new HeaderWriter().encode({ streamtype: "error" });
    torn.writeUInt32BE(1000, 6 + 5 + 4);
    expect(() => new HeaderReader().decode(torn)).toThrow("ends within a header");
  });
});
