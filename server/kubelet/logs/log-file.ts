/** Reads a container's log file: from a number of lines before its end, then on as it grows. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { type Clock, sleep } from "#client/clock.ts";
import { ByteLimit, type LogOptions, parseLogLine, renderLine } from "./log-line.ts";

const chunkBytes = 64 * 1024;
/** How often a followed file is looked at. */
const followMilliseconds = 200;
const newline = 0x0a;

export interface FollowOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** False: the container has ended, and what stands in the file is all. */
  readonly running: () => Promise<boolean>;
}

/** Where the last `lines` lines of the first `size` bytes begin; bytes from the start of the file. */
export async function tailOffset(file: FileHandle, lines: number, size: number): Promise<number> {
  if (lines === 0) return size;
  let end = size;
  let found = 0;
  while (end > 0) {
    const begin = Math.max(0, end - chunkBytes);
    const buffer = Buffer.alloc(end - begin);
    await file.read(buffer, 0, buffer.length, begin);
    for (let index = buffer.length - 1; index >= 0; index -= 1) {
      // The newline that ends the file ends its last line, it does not begin one.
      if (buffer[index] !== newline || begin + index === size - 1) continue;
      found += 1;
      if (found === lines) return begin + index + 1;
    }
    end = begin;
  }
  return 0;
}

/** Yields what the client is to see. Without `follow` it ends where the file ended when it was asked for. */
export async function* readLogFile(
  path: string,
  options: LogOptions,
  follow: FollowOptions | undefined,
): AsyncGenerator<Uint8Array> {
  const limit = new ByteLimit(options.limitBytes);
  const encoder = new TextEncoder();
  let begins = true;
  for await (const line of fileLines(path, options.tailLines, follow)) {
    const parsed = parseLogLine(line);
    if (parsed === undefined) continue;
    const text = renderLine(parsed, options, begins);
    begins = !parsed.partial;
    if (text === undefined) continue;
    yield limit.take(encoder.encode(text));
    if (limit.reached) return;
  }
}

async function* fileLines(
  path: string,
  tailLines: number | undefined,
  follow: FollowOptions | undefined,
): AsyncGenerator<string> {
  let file = await open(path, "r");
  try {
    const { size } = await file.stat();
    let offset = tailLines === undefined ? 0 : await tailOffset(file, tailLines, size);
    // Whoever asks for the last line is not given one more because it came in the meantime.
    const end = follow === undefined ? size : Number.POSITIVE_INFINITY;
    let rest = Buffer.alloc(0);
    const buffer = Buffer.alloc(chunkBytes);
    while (follow === undefined || !follow.signal.aborted) {
      // Asked before reading: what was written before the end is read after the answer.
      const running = follow === undefined ? false : await follow.running();
      for (;;) {
        const wanted = Math.min(chunkBytes, end - offset);
        const { bytesRead } = await file.read(buffer, 0, wanted, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        const [lines, left] = splitLines(Buffer.concat([rest, buffer.subarray(0, bytesRead)]));
        rest = left;
        yield* lines;
      }
      if (follow === undefined || !running) return;
      const rotated = await reopenRotated(path, file);
      if (rotated !== undefined) {
        await file.close();
        file = rotated;
        offset = 0;
        continue;
      }
      await sleep(follow.clock, followMilliseconds, follow.signal);
    }
  } finally {
    await file.close();
  }
}

function splitLines(bytes: Buffer<ArrayBuffer>): readonly [string[], Buffer<ArrayBuffer>] {
  const end = bytes.lastIndexOf(newline);
  if (end < 0) return [[], bytes];
  const lines = bytes.subarray(0, end).toString("utf8").split("\n");
  return [lines, Buffer.from(bytes.subarray(end + 1))];
}

/** After a rotation the path is another file: read on there. */
async function reopenRotated(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined || there.ino === (await file.stat()).ino) return undefined;
  return open(path, "r");
}
