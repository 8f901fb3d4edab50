/** Two sockets as one: bytes, ends and failures go both ways. */
import type { Duplex } from "node:stream";

/** A side that ended may still be written to for that long. */
const lingerMilliseconds = 10_000;

export interface Side {
  readonly socket: Duplex;
  /** Read already, not yet handed on. */
  readonly head: Uint8Array;
}

/** Resolves when both are closed. */
export function relay(one: Side, other: Side): Promise<void> {
  return Promise.all([oneWay(one, other.socket), oneWay(other, one.socket)]).then(() => undefined);
}

function oneWay({ socket, head }: Side, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (head.length > 0) to.write(head);
    socket.on("data", (chunk: Buffer) => {
      if (!to.write(chunk)) {
        socket.pause();
        to.once("drain", () => socket.resume());
      }
    });
    socket.on("end", () => {
      to.end();
      // A peer that never ends its side does not hold this one for ever.
      const timer = setTimeout(() => socket.destroy(), lingerMilliseconds);
      timer.unref();
      socket.once("close", () => clearTimeout(timer));
    });
    socket.on("error", () => to.destroy());
    socket.on("close", () => {
      if (!to.writableEnded) to.destroy();
      resolve();
    });
    socket.resume();
  });
}
