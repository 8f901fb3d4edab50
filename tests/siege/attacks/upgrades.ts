/** Upgrades that are asked for wrongly, and what is said on those that were granted. */
import { type Attack, crowd, pick, randomBytes, type Siege } from "../attack.ts";
import { heard, openTls, request, say, unconnected } from "../wire.ts";

const pod = "/api/v1/namespaces/siege/pods/target";
const command = `${pod}/exec?command=cat&stdin=1&stdout=1`;
const forward = `${pod}/portforward?ports=80`;

const webSocket = (protocol: string): Readonly<Record<string, string>> => ({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "c2llZ2Ugc2llZ2Ugc2llZw==",
  "sec-websocket-protocol": protocol,
});
const spdy: Readonly<Record<string, string>> = {
  connection: "Upgrade",
  upgrade: "SPDY/3.1",
  "x-stream-protocol-version": "v4.channel.k8s.io",
};

const wrong: readonly Buffer[] = [
  request("GET", command, { ...webSocket("v5.channel.k8s.io"), "sec-websocket-version": "99" }),
  request("GET", command, { ...webSocket("none"), "sec-websocket-key": "" }),
  request("GET", command, webSocket(Array(1_000).fill("v9.channel.k8s.io").join(","))),
  request("GET", `${pod}/exec`, webSocket("v5.channel.k8s.io")),
  request("GET", `${pod}/portforward?ports=0,99999,x`, webSocket("v4.channel.k8s.io")),
  request("GET", `${pod}/portforward?ports=${Array(5_000).fill("80").join()}`, webSocket("")),
  request(
    "GET",
    "/api/v1/namespaces/siege/pods/none/exec?command=x&stdout=1",
    webSocket("v5.channel.k8s.io"),
  ),
  request("GET", "/api/v1/pods?watch=1", webSocket("none")),
  request("GET", "/healthz", {
    connection: "Upgrade",
    upgrade: "h2c",
    "http2-settings": "AAMAAABk",
  }),
  request("POST", command, { ...spdy, upgrade: "SPDY/9" }),
  request("POST", command, { ...spdy, "x-stream-protocol-version": "x".repeat(8_000) }),
  request("OPTIONS", command, { connection: "Upgrade", upgrade: "\u00ff" }),
];

/** A WebSocket frame as a client masks it. */
function masked(first: number, payload: Buffer, claimed = payload.length): Buffer {
  const head =
    claimed < 126
      ? Buffer.from([first, 0x80 | claimed])
      : Buffer.concat([
          Buffer.from([first, 0xff]),
          Buffer.from(claimed.toString(16).padStart(16, "0"), "hex"),
        ]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

const webSocketFrames = (siege: Siege): readonly Buffer[] => [
  randomBytes(siege, 2_000),
  masked(0x82, Buffer.from([0, 1]), 2 ** 52),
  Buffer.concat(Array.from({ length: 5_000 }, () => masked(0x89, Buffer.alloc(100)))),
  Buffer.concat([
    masked(0x02, Buffer.from([0])),
    ...Array.from({ length: 5_000 }, () => masked(0x00, Buffer.alloc(1_000))),
  ]),
  masked(0x80, Buffer.from("a continuation of nothing")),
  masked(0x8b, Buffer.from("an unknown kind")),
  masked(0x82, Buffer.from([77, 1, 2, 3])),
  masked(0x82, Buffer.from([4, 0x7b, 0x7b])),
  masked(0x82, Buffer.alloc(0)),
  Buffer.from([0x82, 0x05, 0, 1, 2, 3, 4]),
];

/** version | type   flags, length   payload */
const control = (type: number, payload: Buffer, length = payload.length): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(length, 4);
  return Buffer.concat([head, payload]);
};
const spdyFrames = (siege: Siege): readonly Buffer[] => [
  randomBytes(siege, 2_000),
  control(1, randomBytes(siege, 200)),
  control(1, Buffer.alloc(10), 0xffffff),
  Buffer.concat(Array.from({ length: 5_000 }, () => control(6, Buffer.alloc(4)))),
  control(6, Buffer.alloc(0)),
  control(3, Buffer.alloc(1)),
  Buffer.from("0000000100ffffff", "hex"),
  Buffer.concat(Array.from({ length: 2_000 }, () => control(77, Buffer.alloc(100)))),
];

/** Granted, and then abused. */
async function abuse(siege: Siege, asked: Buffer, said: Buffer): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await openTls(siege, { protocol: "http/1.1" });
    socket.write(asked);
    const answer = (await heard(socket, 2_000, 12)).toString("latin1");
    const status = answer.slice(9, 12);
    if (status === "101") {
      socket.write(said);
      await heard(socket, 200);
      siege.tally.answered(socket.destroyed ? "101, closed" : "101, borne");
    } else siege.tally.answered(status === "" ? "closed" : status);
    socket.destroy();
  } catch (error) {
    unconnected(siege, error);
  }
}

export const upgrades: readonly Attack[] = [
  {
    name: "broken upgrades",
    run: (siege) => crowd(siege, 8, () => say(siege, pick(siege, wrong))),
  },
  {
    name: "broken WebSocket frames",
    run: (siege) =>
      crowd(siege, 8, (index) => {
        const asked =
          index % 2 === 0
            ? request("GET", command, webSocket("v5.channel.k8s.io"))
            : request(
                "GET",
                forward,
                webSocket(index % 4 === 1 ? "v4.channel.k8s.io" : "SPDY/3.1+portforward.k8s.io"),
              );
        return abuse(siege, asked, pick(siege, webSocketFrames(siege)));
      }),
  },
  {
    name: "broken SPDY frames",
    run: (siege) =>
      crowd(siege, 8, (index) => {
        const asked =
          index % 2 === 0
            ? request("POST", command, spdy)
            : request("POST", forward, {
                ...spdy,
                "x-stream-protocol-version": "portforward.k8s.io",
              });
        return abuse(siege, asked, pick(siege, spdyFrames(siege)));
      }),
  },
];
