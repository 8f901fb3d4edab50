/** An upgrade handed through to where it is answered: what comes after it are the two ends' own bytes. */
import type { Duplex } from "node:stream";
import type { Upgrade } from "#apiserver/call.ts";
import { relay } from "#streaming/relay.ts";
import { type Fields, grantUpgrade, refusalText, type UpgradeAnswer } from "#streaming/upgrade.ts";

/** A connection on which an upgrade was asked for, and its answer. */
export interface UpgradedSocket {
  readonly socket: Duplex;
  readonly answer: UpgradeAnswer;
}

const asked = [
  "upgrade",
  "x-stream-protocol-version",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
];
const answered = [
  "upgrade",
  "x-stream-protocol-version",
  "sec-websocket-accept",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
];

/** The fields of a request that concern its upgrade. */
export function upgradeFields(headers: Headers): Fields {
  const found = asked.map((name) => [name, headers.get(name)] as const);
  return Object.fromEntries(
    found.flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

/** What handlers answer after they took the socket: nobody reads it. */
export function taken(): Response {
  return new Response(null, { status: 200 });
}

/** The refusal of the far end, in its own words. */
export async function refusedUpgrade({ socket, answer }: UpgradedSocket): Promise<Response> {
  const text = await refusalText(socket, answer);
  const headers = { "content-type": answer.fields["content-type"] ?? "text/plain" };
  return new Response(`${text}\n`, { status: answer.status, headers });
}

/** Grants the client what the far end granted; then both talk to each other. */
export async function forward(upgrade: Upgrade, far: UpgradedSocket): Promise<Response> {
  const { socket, answer } = far;
  if (answer.status !== 101) return refusedUpgrade(far);
  const near = upgrade.take();
  const fields = answered.flatMap((name) => {
    const value = answer.fields[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  grantUpgrade(near.socket, Object.fromEntries(fields));
  void relay(near, { socket, head: answer.head });
  return taken();
}
