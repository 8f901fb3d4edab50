import { expect, test } from "bun:test";
import { duplexPair } from "node:stream";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

const none = Buffer.alloc(0);

function pair(onStream: (stream: SpdyStream) => void) {
  const [near, far] = duplexPair();
  const client = new SpdySession({ socket: near, head: none, role: "client" });
  const server = new SpdySession({ socket: far, head: none, role: "server", onStream });
  return { client, server, near };
}

test("streams carry bytes both ways, each end closed for itself", async () => {
  const { client, server } = pair(async (stream) => {
    const said = await stream.readAll();
    await stream.write(Buffer.from(`${stream.headers["streamtype"]} ${said}`));
    stream.end();
  });
  const streams = ["a", "b"].map((streamtype) => client.open({ streamtype }));
  for (const stream of streams) {
    await stream.write(Buffer.from("hello"));
    stream.end();
  }
  const answers = await Promise.all(streams.map((stream) => stream.readAll()));
  expect(answers.map(String)).toEqual(["a hello", "b hello"]);
  client.close();
  await Promise.all([client.done, server.done]);
});

test("a long write comes whole, though its reader is slow", async () => {
  const sent = Buffer.alloc(5 * 1024 * 1024, "0123456789");
  const { client } = pair(async (stream) => {
    await stream.write(sent);
    stream.end();
  });
  const stream = client.open({});
  await new Promise((done) => setTimeout(done, 20));
  expect((await stream.readAll()).equals(sent)).toBe(true);
  client.close();
});

test("what came before the connection was closed is read whole", async () => {
  // More than a stream holds unread, by less than the connection holds for it.
  const sent = Buffer.alloc(1200 * 1024, "0123456789");
  const { client, server, near } = pair(async (stream) => {
    await stream.write(sent);
    stream.end();
    server.close();
  });
  const stream = client.open({});
  const closed = new Promise((done) => near.once("close", done));
  near.once("end", () => client.close());
  await closed;
  expect((await stream.readAll()).length).toBe(sent.length);
  await client.done;
});

test("what is no SPDY ends the connection, and its streams with it", async () => {
  for (const noise of ["GET / HTTP/1.1\r\n\r\n", "\x80\x03\x00\x01\x00\x00\x00\x0cgarbagegarba"]) {
    const { client, server, near } = pair(() => {});
    const stream = client.open({});
    near.write(Buffer.from(noise, "latin1"));
    near.end();
    await server.done;
    expect(await stream.read()).toBeUndefined();
    await client.done;
  }
});
