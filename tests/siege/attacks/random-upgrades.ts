/** Upgrades out of a hat: handshakes that are nearly right, and frames of every kind, length and order, in any pieces. */
import { type Attack, crowd, pick, randomBytes, type Siege } from "../attack.ts";
import { heard, openTls, unconnected } from "../wire.ts";

const pod = "/api/v1/namespaces/siege/pods/target";
const paths: readonly string[] = [
  `${pod}/exec?command=cat&stdin=1&stdout=1`,
  `${pod}/exec?command=cat&stdin=1&stdout=1&tty=1`,
  `${pod}/exec?stdout=1`,
  `${pod}/attach?stdin=1&stdout=1&container=none`,
  `${pod}/attach?stdout=1`,
  `${pod}/portforward?ports=80`,
  `${pod}/portforward`,
  `${pod}/log?follow=1`,
  "/api/v1/namespaces/siege/configmaps?watch=1",
  "/api/v1/namespaces/siege/configmaps?watch=1&resourceVersion=1",
];
const protocols: readonly string[] = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "base64.channel.k8s.io",
  "channel.k8s.io",
  "SPDY/3.1+portforward.k8s.io",
  "base64url.bearer.authorization.k8s.io.eA, v5.channel.k8s.io",
  "base64.binary.k8s.io",
  "none",
  "",
  ",,,",
];
const streamProtocols: readonly string[] = ["v4.channel.k8s.io", "portforward.k8s.io", "none"];

const chance = ({ random }: Siege, share: number): boolean => random() < share;
const below = ({ random }: Siege, end: number): number => Math.floor(random() * end);

/** Most of it as it should be. */
function handshake(siege: Siege, spdy: boolean): Buffer {
  const odd = (right: string, wrong: readonly string[]): string =>
    chance(siege, 0.06) ? pick(siege, wrong) : right;
  const fields = spdy
    ? [
        `connection: ${odd("Upgrade", ["", "close", "Upgrade, close"])}`,
        `upgrade: ${odd("SPDY/3.1", ["SPDY/2", "spdy", "SPDY/3.1, websocket"])}`,
        `x-stream-protocol-version: ${pick(siege, streamProtocols)}`,
      ]
    : [
        `connection: ${odd("Upgrade", ["", "keep-alive", "upgrade,upgrade"])}`,
        `upgrade: ${odd("websocket", ["WebSocket/13", "h2c", "\u00ff"])}`,
        `sec-websocket-version: ${odd("13", ["8", "x", "13, 8", "-1"])}`,
        `sec-websocket-key: ${odd("c2llZ2Ugc2llZ2Ugc2llZw==", ["", "x", "=".repeat(5_000)])}`,
        `sec-websocket-protocol: ${pick(siege, protocols)}`,
        ...(chance(siege, 0.1) ? ["sec-websocket-extensions: permessage-deflate; x=y"] : []),
      ];
  if (chance(siege, 0.1)) fields.splice(below(siege, fields.length), 1);
  if (chance(siege, 0.1)) fields.push(pick(siege, fields));
  const method = odd(spdy ? "POST" : "GET", ["GET", "POST", "PUT", "HEAD"]);
  const version = odd("HTTP/1.1", ["HTTP/1.0", "HTTP/2.0"]);
  const head = `${method} ${pick(siege, paths)} ${version}\r\nhost: x\r\n${fields.join("\r\n")}`;
  return Buffer.from(`${head}\r\n\r\n`, "latin1");
}

const opcodes = [0, 1, 2, 2, 2, 8, 9, 10, 3, 7, 11, 15];
const closeCodes = [0, 999, 1000, 1005, 1006, 1015, 3000, 65_535];

function payloadOf(siege: Siege, opcode: number): Buffer {
  if (opcode === 8 && chance(siege, 0.8)) {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(pick(siege, closeCodes));
    return Buffer.concat([code, randomBytes(siege, below(siege, 200))]);
  }
  const channel = Buffer.from([below(siege, 6)]);
  const size = chance(siege, 0.05) ? 70_000 : below(siege, 300);
  return Buffer.concat([channel, Buffer.alloc(size, below(siege, 256))]);
}

/** FIN, reserved bits, kind | masked, length | mask | payload: the claimed length may be a lie. */
function webSocketFrame(siege: Siege): Buffer {
  const opcode = pick(siege, opcodes);
  const payload = payloadOf(siege, opcode);
  const reserved = chance(siege, 0.05) ? 0x10 << below(siege, 3) : 0;
  const first = (chance(siege, 0.8) ? 0x80 : 0) | reserved | opcode;
  const isMasked = chance(siege, 0.95) ? 0x80 : 0;
  const claims = chance(siege, 0.06)
    ? pick(siege, [2n ** 31n, 2n ** 53n, 2n ** 64n - 1n, 0n])
    : BigInt(payload.length);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = isMasked | 127;
  head.writeBigUInt64BE(claims, 2);
  const short = claims < 126n ? Buffer.from([first, isMasked | Number(claims)]) : head;
  return Buffer.concat([short, Buffer.alloc(isMasked === 0 ? 0 : 4), payload]);
}

/** Control frames of every type, or data of any stream. */
function spdyFrame(siege: Siege): Buffer {
  const payload = randomBytes(siege, below(siege, 100));
  const head = Buffer.alloc(8);
  if (chance(siege, 0.7)) {
    head.writeUInt16BE(0x8000 | (chance(siege, 0.9) ? 3 : below(siege, 9)));
    head.writeUInt16BE(1 + below(siege, 10), 2);
  } else head.writeUInt32BE(below(siege, 20));
  const length = chance(siege, 0.9) ? payload.length : below(siege, 2 ** 24);
  head.writeUInt32BE(length | (below(siege, 2) << 24), 4);
  return Buffer.concat([head, payload]);
}

async function inPieces(siege: Siege, bytes: Buffer, write: (piece: Buffer) => void) {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + below(siege, chance(siege, 0.3) ? 20 : bytes.length);
    write(bytes.subarray(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function upgrade(siege: Siege): Promise<void> {
  siege.tally.asked();
  const spdy = chance(siege, 0.3);
  const frame = spdy ? spdyFrame : webSocketFrame;
  try {
    const socket = await openTls(siege, { protocol: "http/1.1" });
    socket.write(handshake(siege, spdy));
    const answer = (await heard(socket, 3_000, 12)).toString("latin1").slice(9, 12);
    if (answer === "101") {
      const frames = Array.from({ length: 1 + below(siege, 15) }, () => frame(siege));
      await inPieces(siege, Buffer.concat(frames), (piece) => {
        if (!socket.destroyed) socket.write(piece);
      });
      await heard(socket, 100);
    }
    const end = socket.destroyed ? "closed" : "borne";
    siege.tally.answered(answer === "101" ? `101, ${end}` : answer || end);
    socket.destroy();
  } catch (error) {
    unconnected(siege, error);
  }
}

export const randomUpgrades: Attack = {
  name: "random upgrades",
  run: (siege) => crowd(siege, 8, () => upgrade(siege)),
};
