/** Watches without a purpose, and watches that nobody reads. */

import { ask } from "../ask.ts";
import { type Attack, crowd, pause, type Siege } from "../attack.ts";
import { flags, frame, headerBlock, openHttp2, push, types } from "../frames.ts";
import { letGo, openTls, request, unconnected } from "../wire.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const sessions = 20;
/** As many as a connection may have. */
const watchesPerSession = 200;

async function idle(siege: Siege): Promise<void> {
  try {
    const socket = await openHttp2(siege);
    siege.tally.asked(watchesPerSession);
    for (let index = 0; index < watchesPerSession; index++) {
      const block = headerBlock("GET", `/api/v1/pods?watch=1&labelSelector=none%3D${index}`);
      const bits = flags.endHeaders | flags.endStream;
      await push(socket, frame(types.headers, bits, 2 * index + 1, block));
    }
    while (!siege.over() && !socket.destroyed) await pause(100);
    letGo(siege, socket, watchesPerSession);
  } catch (error) {
    unconnected(siege, error);
    await pause(50);
  }
}

/** Asks for every event, and reads none. */
async function deaf(siege: Siege, overHttp2: boolean): Promise<void> {
  siege.tally.asked();
  try {
    const path = `${maps}?watch=1`;
    const bits = flags.endHeaders | flags.endStream;
    const socket = overHttp2
      ? await openHttp2(siege, Buffer.alloc(0), false)
      : await openTls(siege, { protocol: "http/1.1" });
    socket.pause();
    socket.write(
      overHttp2 ? frame(types.headers, bits, 1, headerBlock("GET", path)) : request("GET", path),
    );
    while (!siege.over() && !socket.destroyed) await pause(100);
    letGo(siege, socket);
  } catch (error) {
    unconnected(siege, error);
    await pause(50);
  }
}

/** Large events for those who do not read them. */
function write(siege: Siege): Promise<void> {
  const data = { large: "x".repeat(200_000), turn: `${siege.random()}` };
  const body = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "unread" },
    data,
  });
  const path = `${maps}/unread?fieldManager=siege&force=true`;
  return ask(siege, { method: "PATCH", path, type: "application/apply-patch+yaml", body });
}

export const watches: readonly Attack[] = [
  { name: "4 000 idle watches", run: (siege) => crowd(siege, sessions, () => idle(siege)) },
  {
    name: "watches that nobody reads",
    async run(siege) {
      await Promise.all([
        crowd(siege, 100, (index) => deaf(siege, index % 2 === 0)),
        crowd(siege, 1, () => write(siege)),
      ]);
      await ask(siege, { method: "DELETE", path: `${maps}/unread` });
    },
  },
];
