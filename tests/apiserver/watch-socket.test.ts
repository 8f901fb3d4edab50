/** Watches over WebSockets, and upgrades that nobody takes: over real sockets, byte by byte. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { eventually } from "#tests/controllers/plane.ts";
import { ask } from "./harness.ts";
import { serve } from "./serve.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const directory = mkdtempSync(join(tmpdir(), "kubun-socket-"));
let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve(directory, 0);
  await ask(served.harness, "POST", maps, { metadata: { name: "first" } });
});
afterAll(async () => {
  await served.door.close();
  await served.harness.close();
  rmSync(directory, { recursive: true, force: true });
});

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  origin: "http://localhost",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

class Asked {
  readonly socket: TLSSocket;
  text = "";
  ended = false;

  constructor(path: string, headers: Record<string, string>) {
    const { port } = served.door;
    const { certificate: cert, privateKey: key } = served.client;
    const ca = served.authority.certificate;
    const tls = { host: "127.0.0.1", port, ca, cert, key, ALPNProtocols: ["http/1.1"] };
    this.socket = connect(tls, () => {
      const fields = Object.entries({ host: "localhost", ...headers });
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      this.socket.write(`GET ${path} HTTP/1.1\r\n${lines}\r\n`);
    });
    this.socket.on("data", (chunk) => {
      this.text += chunk.toString("latin1");
    });
    this.socket.on("error", () => undefined);
    this.socket.on("end", () => {
      this.ended = true;
    });
  }

  heard(what: string): Promise<string> {
    return eventually(
      what,
      async () => this.text,
      (text) => text.includes(what),
      10,
    );
  }
}

const watchers = async (): Promise<number> => {
  const { body } = await ask(served.harness, "GET", "/metrics");
  return Number(/^apiserver_longrunning_requests\S* (\d+)/m.exec(body)?.[1]);
};

test("a watch over a WebSocket is one event a message, and ends with its client", async () => {
  const asked = new Asked(`${maps}?watch=1`, upgrade);
  await asked.heard('"name":"first"');
  expect(asked.text).toStartWith("HTTP/1.1 101 ");
  await ask(served.harness, "POST", maps, { metadata: { name: "second" } });
  await asked.heard('"name":"second"');
  const [, , ...frames] = asked.text.split(/\r\n\r\n|(?=[\x81])/);
  // A text message each: final, its length in 16 bits, a line of JSON.
  for (const frame of frames) expect(frame).toMatch(/^\x81~..\{"type":"ADDED".*\}\n$/s);
  expect(await watchers()).toBe(1);
  asked.socket.destroy();
  await eventually("nobody watches", watchers, (count) => count === 0, 10);
});

test("its end is a close of the WebSocket", async () => {
  const asked = new Asked(`${maps}?watch=1&timeoutSeconds=1`, upgrade);
  await asked.heard("\x88\x02\x03\xe8");
});

for (const [why, headers, status] of [
  ["no origin", { ...upgrade, origin: "" }, 403],
  ["another version", { ...upgrade, "sec-websocket-version": "8" }, 400],
  ["several protocols", { ...upgrade, "sec-websocket-protocol": "a, b" }, 400],
] as const) {
  test(`${status}: ${why}`, async () => {
    const asked = new Asked(`${maps}?watch=1`, headers);
    await asked.heard("\r\n\r\n");
    expect(asked.text).toStartWith(`HTTP/1.1 ${status} `);
  });
}

test("an upgrade that a watch does not know is an ordinary watch, streamed", async () => {
  const asked = new Asked(`${maps}?watch=1`, { connection: "Upgrade", upgrade: "SPDY/3.1" });
  await asked.heard('"name":"first"');
  expect(asked.text).toStartWith("HTTP/1.1 200 ");
  asked.socket.destroy();
  await eventually("nobody watches", watchers, (count) => count === 0, 10);
});

test("what lies in namespaces is neither made nor deleted across them", async () => {
  const everywhere = "/api/v1/configmaps";
  expect((await ask(served.harness, "DELETE", everywhere)).status).toBe(405);
  expect((await ask(served.harness, "POST", everywhere, {})).status).toBe(405);
  expect((await ask(served.harness, "GET", everywhere)).body.items.length).toBeGreaterThan(0);
});

test("the root tells which paths there are", async () => {
  const { body } = await ask(served.harness, "GET", "/");
  expect(body.paths).toContain("/apis/apps/v1");
  expect(body.paths).toContain("/openapi/v3");
  expect((await ask(served.harness, "POST", "/version")).status).toBe(405);
});
