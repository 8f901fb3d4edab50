/** A Response onto a stream of either HTTP version. */
import { once } from "node:events";
import { loopTurns } from "#apiserver/fairness/loop-turns.ts";
import { PlainResponse } from "#apiserver/plain-response.ts";

export interface AnswerSink {
  readonly stream: NodeJS.WritableStream & { readonly destroyed?: boolean; destroy(): void };
  /** Whose turns of the loop it takes. */
  readonly flow: string;
  head(status: number, fields: Record<string, string | string[]>): void;
  /** The answer to come is the last: what the client still sends is not read. */
  cutOff(): void;
}

function fieldsOf(headers: Headers): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  headers.forEach((value, name) => {
    // Joined by the Headers object; upstream sends one line a warning, and clients read them so.
    fields[name] = name === "warning" ? value.split(/, (?=299 )/) : value;
  });
  return fields;
}

/** Chunk by chunk, each after the last was taken: what the client does not read is never made. */
async function pour(body: ReadableStream<Uint8Array>, sink: AnswerSink): Promise<void> {
  const { stream } = sink;
  const reader = body.getReader();
  const portions = new Portions(sink);
  const left = async (): Promise<void> => {
    // A connection that goes ends all its streams at once.
    await loopTurns.breath(sink.flow);
    await reader.cancel().catch(() => undefined);
  };
  stream.once("close", left);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stream.destroyed === true) break;
      await portions.write(value);
    }
    stream.end();
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    stream.removeListener("close", left);
    void left();
  }
}

/** An answer whose client takes none of it for so long is given up; upstream ends its requests after that. */
const takenWithinMs = 60_000;
/**
 * What is handed to a stream at once, bytes: it keeps what its client does not take, and has work with it at every
 * byte that one does take. Who takes it is handed more.
 */
const portion = { first: 16 * 1024, max: 256 * 1024 };

/** How much a client is handed at once. */
class Portions {
  readonly #sink: AnswerSink;
  #size = portion.first;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** All of it, each portion after the last was taken. `withinMs`: until the stream is given up; absent: never. */
  async write(bytes: Uint8Array, withinMs?: number): Promise<void> {
    const { stream, flow } = this.#sink;
    for (let at = 0; at < bytes.length && stream.destroyed !== true; ) {
      const piece = bytes.subarray(at, at + this.#size);
      at += piece.length;
      if (!stream.write(piece)) await takenIn(stream, withinMs);
      // Who takes it as fast as it is written would keep the loop for all of it.
      if (piece.length >= portion.first) await loopTurns.breath(flow);
      if (piece.length === this.#size) this.#size = Math.min(portion.max, this.#size * 2);
    }
  }
}

async function takenIn(stream: AnswerSink["stream"], withinMs: number | undefined): Promise<void> {
  if (withinMs === undefined) return drained(stream);
  const timer = setTimeout(() => stream.destroy(), withinMs);
  await drained(stream);
  clearTimeout(timer);
}

/** The stream takes more, or is gone. */
async function drained(stream: AnswerSink["stream"]): Promise<void> {
  if (stream.destroyed === true) return;
  const over = new AbortController();
  const { signal } = over;
  const quiet = (): undefined => undefined;
  await Promise.race([
    once(stream, "drain", { signal }).catch(quiet),
    once(stream, "close", { signal }).catch(quiet),
  ]);
  over.abort();
}

export async function send(response: Response, sink: AnswerSink, method: string): Promise<void> {
  const { stream } = sink;
  if (stream.destroyed === true) {
    await response.body?.cancel();
    return;
  }
  if (response instanceof PlainResponse) {
    const { headers, bytes } = response.plain;
    sink.head(response.status, { ...headers, "content-length": `${bytes.length}` });
    if (method === "HEAD") stream.end();
    else if (bytes.length <= portion.first) stream.end(bytes);
    else {
      await new Portions(sink).write(bytes, takenWithinMs);
      stream.end();
    }
    return;
  }
  const { body, headers, status } = response;
  sink.head(status, fieldsOf(headers));
  if (body === null || method === "HEAD") stream.end();
  else await pour(body, sink);
}
