/** HTTP/1.1 connections that wait for the head of a request: neither the first nor the next may take for ever. */
import type { Duplex } from "node:stream";

/** A head that takes longer comes from a client that is stuck or means harm. Upstream's. */
const headTimeoutMs = 32_000;
/** A connection that is kept without a question. Upstream's. */
const idleTimeoutMs = 90_000;

export class WaitingSockets {
  readonly #timers = new WeakMap<object, ReturnType<typeof setTimeout>>();

  /** A new connection: its first head is awaited. */
  opened(socket: Duplex): void {
    this.#await(socket, headTimeoutMs);
    socket.once("close", () => this.asked(socket));
  }

  /** The head is there, and nothing is awaited. */
  asked(socket: object): void {
    clearTimeout(this.#timers.get(socket));
    this.#timers.delete(socket);
  }

  /** The next head is awaited. */
  answered(socket: Duplex): void {
    if (!socket.destroyed) this.#await(socket, idleTimeoutMs);
  }

  #await(socket: Duplex, ms: number): void {
    this.asked(socket);
    const timer = setTimeout(() => socket.destroy(), ms);
    timer.unref();
    this.#timers.set(socket, timer);
  }
}
