/** A request's body, whole: bounded in bytes and in time. */
import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { requestBodyBytesMax } from "#apiserver/request-body.ts";

/** A body that takes longer comes from a client that is stuck or means harm. */
const bodyTimeoutMs = 30_000;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Of a body over the limit nothing is kept, and `content-length` says what had come: the app answers 413.
 * Rejects when the client breaks off or is too slow.
 */
export function collect(incoming: Readable, headers: Headers): Promise<Bytes | undefined> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let chunks: Buffer[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined = setTimeout(
      () => finish(() => reject(new Error("the request's body took too long"))),
      bodyTimeoutMs,
    );
    const finish = (settle: () => void): void => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      settle();
    };
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= requestBodyBytesMax) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      headers.set("content-length", `${bytes}`);
      finish(() => resolve(undefined));
    });
    incoming.on("end", () => finish(() => resolve(joined(chunks))));
    incoming.on("error", (error) => finish(() => reject(error)));
    incoming.on("close", () => finish(() => reject(new Error("the client broke off"))));
  });
}

function joined(chunks: readonly Buffer[]): Bytes | undefined {
  const [only] = chunks;
  if (only === undefined) return undefined;
  // Buffers of the socket's reads lie in plain ArrayBuffers.
  return (chunks.length === 1 ? only : Buffer.concat(chunks)) as Bytes;
}
