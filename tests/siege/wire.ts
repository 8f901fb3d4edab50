/** Connections below HTTP: TLS with or without a certificate, and whatever bytes are said on it. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { pause, type Siege } from "./attack.ts";

export interface TlsOptions {
  readonly protocol: "http/1.1" | "h2";
  /** Default: true. */
  readonly withCertificate?: boolean;
}

/** A peer that takes no connection in this time counts as silent. */
const connectMsMax = 15_000;

export class NoConnection extends Error {}

function settled<T extends Socket>(socket: T, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new NoConnection(event));
    };
    const timer = setTimeout(fail, connectMsMax);
    socket.once(event, () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Whatever becomes of a connection is read from its end.
    socket.on("error", () => undefined);
    socket.once("close", fail);
  });
}

export function openTls({ target }: Siege, options: TlsOptions): Promise<TLSSocket> {
  const { certificate: cert, privateKey: key } = target.kubeconfig;
  const identity = options.withCertificate === false ? {} : { cert, key };
  const { host, port } = target;
  const alpn = { ALPNProtocols: [options.protocol], rejectUnauthorized: false };
  return settled(connect({ host, port, ...alpn, ...identity }), "secureConnect");
}

export function openTcp({ target }: Siege): Promise<Socket> {
  return settled(connectTcp(target.port, target.host), "connect");
}

/** What came until the peer closed, `enough` of it came, or nothing more did for so long. */
export function heard(socket: Socket, msMax: number, enough = 64 * 1024): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (): void => {
      clearTimeout(timer);
      socket.removeListener("data", take);
      resolve(Buffer.concat(chunks));
    };
    const timer = setTimeout(done, msMax);
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= enough) done();
    };
    socket.on("data", take);
    socket.once("close", done);
    if (socket.destroyed) done();
  });
}

/** The answer's status, or how the connection ended without one. */
export async function answerOf(socket: Socket, msMax: number): Promise<string> {
  const text = (await heard(socket, msMax, 12)).toString("latin1");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (status !== undefined) return status;
  return socket.destroyed || socket.readyState === "closed" ? "closed" : "silent";
}

/** For who caught it: a connection that was not given is counted. Throws any other error. */
export function unconnected(siege: Siege, error: unknown): void {
  if (!(error instanceof NoConnection)) throw error;
  siege.tally.answered("no connection");
}

/** The end of a connection that was held: whether the server ended it before is counted. */
export function letGo(siege: Siege, socket: Socket, count?: number): void {
  siege.tally.answered(socket.destroyed ? "closed" : "borne", count);
  socket.destroy();
}

/** Says the bytes on a connection of their own over HTTP/1.1, counts what is answered, and goes. */
export async function say(
  siege: Siege,
  bytes: string | Buffer,
  msMax = 2_000,
  options: Partial<TlsOptions> = {},
): Promise<void> {
  siege.tally.asked();
  try {
    const socket = await openTls(siege, { protocol: "http/1.1", ...options });
    socket.write(bytes);
    siege.tally.answered(await answerOf(socket, msMax));
    socket.destroy();
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    siege.tally.answered("closed");
    await pause(50);
  }
}

export function request(
  method: string,
  path: string,
  fields: Readonly<Record<string, string>> = {},
  body: string | Buffer = "",
): Buffer {
  const all = { host: "siege", ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body.length === 0 ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]);
}
