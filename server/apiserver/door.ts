/**
 * The TLS door: HTTP/1.1 and HTTP/2 on one port, client certificates seen, every request handed to the app as a
 * web Request. It reads bodies whole up to the limit, and writes streams no faster than the client takes them.
 */
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex, Readable } from "node:stream";
import { answerUpgrade, refuseUpgrade } from "#streaming/upgrade.ts";
import type { Logger } from "#telemetry/log.ts";
import type { App } from "./app.ts";
import type { Connection } from "./attributes.ts";
import { Bodies, overlong } from "./door/body.ts";
import { connectionOf } from "./door/connection.ts";
import { type AnswerSink, send } from "./door/send.ts";
import { type SessionGuard, SessionGuards } from "./door/session-guard.ts";
import { WaitingSockets } from "./door/waiting-sockets.ts";
import { leaseFlow, leasesPath } from "./fairness/lease-flow.ts";
import { loopTurns } from "./fairness/loop-turns.ts";
import { isProbe, tooManyWait } from "./filters/max-in-flight.ts";
import { PlainRequest } from "./plain-request.ts";
import { pathOf, withoutQuery } from "./query.ts";

export interface DoorParts {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM, with intermediates. */
  readonly certificate: string;
  readonly privateKey: string;
  /** PEM of the authority that signs clients. */
  readonly clientAuthority: string;
  readonly app: Pick<App, "fetch">;
  readonly logger: Logger;
}

export interface Door {
  readonly port: number;
  close(): Promise<void>;
}

/** Handshakes that take longer are half-open or hostile. */
const handshakeTimeoutMs = 10_000;
/** Upstream's default for HTTP/2: streams a connection may hold at once. */
const streamsMax = 250;
/** Of an address and its fields together: Go's default, so upstream's. Over it: 431. */
const headBytesMax = 1024 * 1024;
/** A peer that answers no ping in that time is gone: its watches must not live on. */
const pingMs = 30_000;
/** A client whose body was refused may read why before its connection goes. */
const lingerMs = 500;

/** The types of an HTTP/2 server do not name what its HTTP/1.1 half takes. */
const http1Limits: object = { maxHeaderSize: headBytesMax };

const bodiless = new Set(["GET", "HEAD", "OPTIONS"]);

/** A request as it came: what is made of it is made when its turn has come. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly fields: IncomingHttpHeaders;
}

const urlOf = ({ host, path }: Asked): string => `https://${host}${path}`;

function headersOf({ fields }: Asked): Headers {
  const kept = new Headers();
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || name.startsWith(":")) continue;
    if (typeof value === "string") kept.append(name, value);
    else for (const item of value) kept.append(name, item);
  }
  return kept;
}

function requestOf(question: Asked, body: Uint8Array<ArrayBuffer> | undefined): Request {
  const { method } = question;
  const headers = headersOf(question);
  return new PlainRequest(urlOf(question), { method, headers }, body);
}

const clientOf = ({ clientCertificate, remoteAddress }: Connection): string =>
  clientCertificate?.commonName ?? remoteAddress;

/** Whose turn it is: the user as far as the connection tells. */
function flowOf({ fields, path }: Asked, connection: Connection): string {
  const token = connection.clientCertificate === undefined ? fields.authorization : undefined;
  const user = token ?? clientOf(connection);
  return path.startsWith(leasesPath) ? leaseFlow(user) : user;
}

class TlsDoor {
  readonly #parts: DoorParts;
  readonly #server: Http2SecureServer;
  readonly #sessions = new Map<Http2Session, SessionGuard>();
  readonly #guards = new SessionGuards(streamsMax, (turn) => void setImmediate(turn));
  readonly #sockets = new Set<Duplex>();
  readonly #waiting = new WaitingSockets();
  /** When the last answer on a connection of HTTP/1.1 is out. */
  readonly #answered = new WeakMap<object, Promise<void>>();
  readonly #bodies = new Bodies();

  constructor(parts: DoorParts) {
    this.#parts = parts;
    const { certificate, privateKey, clientAuthority } = parts;
    this.#server = createSecureServer({
      allowHTTP1: true,
      requestCert: true,
      rejectUnauthorized: false,
      cert: certificate,
      key: privateKey,
      ca: clientAuthority,
      handshakeTimeout: handshakeTimeoutMs,
      settings: { maxConcurrentStreams: streamsMax, initialWindowSize: 1024 * 1024 },
      ...http1Limits,
    });
  }

  listen(): Promise<number> {
    const server = this.#server;
    server.on("request", (request, response) => {
      if (request.httpVersionMajor < 2) void this.#onRequest(request, response);
    });
    // What listens to requests has node:http2 make a request and a response of every stream too: ours needs neither.
    server.removeAllListeners("stream");
    server.on("stream", (stream, headers) => {
      // A server's streams are ServerHttp2Streams; the type of the event says less.
      void this.#onStream(stream as ServerHttp2Stream, headers);
    });
    server.on("session", (session) => this.#onSession(session));
    server.on("secureConnection", (socket) => {
      this.#keep(socket);
      if (socket.alpnProtocol !== "h2") this.#waiting.opened(socket);
    });
    server.on("upgrade", (request, socket, head) => {
      void this.#onUpgrade(request, socket, head);
    });
    // A client that breaks off its handshake concerns nobody else.
    for (const event of ["sessionError", "tlsClientError"]) {
      server.on(event, (error: Error) => this.#failed(event, error));
    }
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      this.#failed("clientError", error);
      const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
      refuseUpgrade(socket, tooLarge ? 431 : 400, {}, new Uint8Array());
      socket.destroy();
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#parts.port, this.#parts.host, () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  #failed(event: string, { message }: Error): void {
    this.#parts.logger.debug("connection failed", { event, error: message });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#bodies.close();
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    if ("setKeepAlive" in socket && typeof socket.setKeepAlive === "function") {
      socket.setKeepAlive(true, pingMs);
    }
  }

  #onSession(session: ServerHttp2Session): void {
    const client = (): string => clientOf(connectionOf(session, session.socket));
    this.#sessions.set(session, this.#guards.guard(session, client));
    let answered = true;
    const timer = setInterval(() => {
      if (session.destroyed) return;
      if (!answered) return session.destroy();
      answered = false;
      session.ping((error) => {
        answered = error === null;
      });
    }, pingMs);
    timer.unref();
    session.on("error", () => undefined);
    session.once("close", () => {
      clearInterval(timer);
      this.#sessions.delete(session);
    });
  }

  async #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on("error", () => undefined);
    const { session } = stream;
    const guard = session && this.#sessions.get(session);
    if (session === undefined || guard === undefined || session.destroyed) return;
    guard.opened();
    stream.once("aborted", guard.reset);
    const method = headers[":method"] ?? "GET";
    const host = headers[":authority"] ?? headers.host ?? "localhost";
    const path = `${headers[":path"] ?? "/"}`;
    const question = { method: `${method}`, path, host: `${host}`, fields: headers };
    const connection = connectionOf(session, session.socket);
    const sink: AnswerSink = {
      stream,
      flow: flowOf(question, connection),
      head: (status, fields) => stream.respond({ ":status": status, ...fields }),
      cutOff: () => void stream.once("finish", () => stream.close()),
    };
    await this.#answer(question, stream, sink, connection);
  }

  async #onRequest(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const { socket, headers: fields, method, url: path } = request;
    this.#waiting.asked(socket);
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    void closed.then(() => this.#waiting.answered(socket));
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const question = { method, path, host: fields.host ?? "localhost", fields };
    const connection = connectionOf(socket, socket);
    const sink: AnswerSink = {
      stream: response,
      flow: flowOf(question, connection),
      head: (status, fields) => void response.writeHead(status, fields),
      cutOff() {
        response.setHeader("connection", "close");
        response.once("finish", () => setTimeout(() => socket.destroy(), lingerMs).unref());
      },
    };
    const before = this.#answered.get(socket);
    this.#answered.set(socket, closed);
    // One after the other, as upstream: nothing is made of what is asked before the last answer was taken.
    if (before !== undefined) await before;
    await this.#answer(question, request, sink, connection);
  }

  async #answer(
    question: Asked,
    incoming: Readable,
    sink: AnswerSink,
    connection: Connection,
  ): Promise<void> {
    const { method, fields } = question;
    try {
      const collected = bodiless.has(method)
        ? undefined
        : await this.#bodies.collect(incoming, fields);
      if (collected === overlong) sink.cutOff();
      const body = collected === overlong ? undefined : collected;
      const size = body?.length ?? 0;
      if (!loopTurns.free(sink.flow, size) && !isProbe(pathOf(urlOf(question)))) {
        const granted = await loopTurns.turn(sink.flow, size);
        // A client that has gone meanwhile costs nothing more.
        if (sink.stream.destroyed === true) return;
        if (!granted) return await send(tooManyWait(), sink, method);
      }
      const answered = loopTurns.enter(sink.flow);
      const request = requestOf(question, body);
      const answer = await this.#parts.app.fetch(request, connection).finally(answered);
      await send(answer, sink, method);
    } catch (error) {
      const url = withoutQuery(urlOf(question));
      this.#parts.logger.debug("answer failed", { url, error: `${error}` });
      incoming.destroy();
      if ("destroy" in sink.stream) sink.stream.destroy();
    }
  }

  /** The app takes the socket, or answers as to any other request. */
  async #onUpgrade(request: Http2ServerRequest, socket: Duplex, head: Buffer): Promise<void> {
    this.#waiting.asked(socket);
    socket.on("error", () => socket.destroy());
    const { headers: fields, method, url: path } = request;
    const question = { method, path, host: fields.host ?? "localhost", fields };
    let taken = false;
    const upgrade = {
      take() {
        taken = true;
        return { socket, head };
      },
    };
    try {
      const connection = connectionOf(socket, socket);
      const { app } = this.#parts;
      const response = await app.fetch(requestOf(question, undefined), connection, upgrade);
      if (taken) return;
      const answered = Object.fromEntries(response.headers);
      await answerUpgrade(socket, response.status, answered, response.body);
    } catch (error) {
      const url = withoutQuery(urlOf(question));
      this.#parts.logger.debug("upgrade failed", { url, error: `${error}` });
      socket.destroy();
    }
  }
}

/** Listens; resolves when connections are taken. Rejects where the port cannot be had. */
export async function openDoor(parts: DoorParts): Promise<Door> {
  const door = new TlsDoor(parts);
  const port = await door.listen();
  return { port, close: () => door.close() };
}
