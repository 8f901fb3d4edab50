/** Requests' bodies, whole: bounded in bytes and in time, and never slower than a client that means to end. */
import { Buffer } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http2";
import type { Readable } from "node:stream";
import { requestBodyBytesMax } from "#apiserver/request-body.ts";

const tickMs = 1_000;
/** Ticks. A body that takes longer comes from a client that is stuck or means harm. */
const ticksMax = 30;
/** Ticks, before its rate is looked at. */
const graceTicks = 5;
/** From then on; slower links than that carry no cluster. */
const bytesPerTickMin = 1_024;

type Bytes = Uint8Array<ArrayBuffer>;

/** A body over the limit: nothing of it is kept, and what is still to come is not read. */
export const overlong = Symbol("overlong");

/** undefined: there is none. */
type Collected = Bytes | undefined | typeof overlong;

interface Pending {
  bytes: number;
  ticks: number;
  readonly expire: () => void;
}

function declaresTooMuch(fields: IncomingHttpHeaders): boolean {
  return Number(fields["content-length"] ?? 0) > requestBodyBytesMax;
}

/** The bodies that are on their way. One timer for all: thousands a second each with its own cost more. */
export class Bodies {
  readonly #pending = new Set<Pending>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Of a body over the limit `content-length` says what had come: the app answers 413, and the connection is to end.
   * Rejects when the client breaks off or is too slow.
   */
  collect(incoming: Readable, fields: IncomingHttpHeaders): Promise<Collected> {
    if (declaresTooMuch(fields)) return Promise.resolve(overlong);
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] = [];
      const finish = (settle: () => void): void => {
        if (this.#pending.delete(pending)) settle();
      };
      const fail = (why: string): void => finish(() => reject(new Error(why)));
      const pending = { bytes: 0, ticks: 0, expire: () => fail("the body took too long") };
      this.#add(pending);
      const take = (chunk: Buffer): void => {
        pending.bytes += chunk.length;
        if (pending.bytes <= requestBodyBytesMax) {
          chunks.push(chunk);
          return;
        }
        chunks = [];
        incoming.removeListener("data", take);
        incoming.pause();
        fields["content-length"] = `${pending.bytes}`;
        finish(() => resolve(overlong));
      };
      incoming.on("data", take);
      incoming.on("end", () => finish(() => resolve(joined(chunks))));
      incoming.on("error", (error) => finish(() => reject(error)));
      incoming.on("close", () => fail("the client broke off"));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #add(pending: Pending): void {
    this.#pending.add(pending);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  #tick(): void {
    if (this.#pending.size === 0) this.close();
    for (const pending of this.#pending) {
      pending.ticks += 1;
      const { ticks, bytes } = pending;
      const slow = ticks > graceTicks && bytes < ticks * bytesPerTickMin;
      if (slow || ticks > ticksMax) pending.expire();
    }
  }
}

function joined(chunks: readonly Buffer[]): Bytes | undefined {
  const [only] = chunks;
  if (only === undefined) return undefined;
  // Buffers of the socket's reads lie in plain ArrayBuffers.
  return (chunks.length === 1 ? only : Buffer.concat(chunks)) as Bytes;
}
