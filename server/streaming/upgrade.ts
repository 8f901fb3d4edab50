/** HTTP/1.1 upgrades on raw sockets: asking for one, and granting or refusing one. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { ByteSource } from "./byte-source.ts";
import { write } from "./write.ts";

/** Header fields by lower-case name. */
export type Fields = Readonly<Record<string, string>>;

export interface UpgradeAnswer {
  readonly status: number;
  readonly fields: Fields;
  /** What came behind the head: bytes of the new protocol, or the body's beginning. */
  readonly head: Buffer;
}

/** A response head over this is no HTTP. */
const headBytesMax = 64 * 1024;
const refusalBytesMax = 64 * 1024;
const lineEnd = "\r\n";

function lines(first: string, fields: Fields): string {
  const all = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return [first, ...all, "", ""].join(lineEnd);
}

export interface UpgradeRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly host: string;
  readonly fields: Fields;
}

/** Sends the request on a connected socket and reads the answer's head; throws when none comes. */
export async function requestUpgrade(
  socket: Duplex,
  request: UpgradeRequest,
): Promise<UpgradeAnswer> {
  const { method, path, host, fields } = request;
  const length: Fields = method === "POST" ? { "content-length": "0" } : {};
  socket.write(
    lines(`${method} ${path} HTTP/1.1`, { host, connection: "Upgrade", ...length, ...fields }),
  );
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const stop = (): void => {
      socket.removeListener("data", onData);
      socket.removeListener("error", onError);
      socket.removeListener("close", onClose);
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const onClose = (): void => onError(new Error("the connection was closed before an answer"));
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf("\r\n\r\n");
      if (end < 0 && seen.length < headBytesMax) return;
      stop();
      socket.pause();
      const head = end < 0 ? undefined : parseHead(seen.subarray(0, end).toString("latin1"));
      if (head === undefined) reject(new Error("the answer is no HTTP"));
      else resolve({ ...head, head: seen.subarray(end + 4) });
    };
    socket.on("data", onData);
    socket.on("error", onError);
    socket.on("close", onClose);
  });
}

function parseHead(text: string): { status: number; fields: Fields } | undefined {
  const [first = "", ...rest] = text.split(lineEnd);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const fields = rest.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(status), fields: Object.fromEntries(fields) };
}

/** The text of an answer that is no 101; the socket is closed behind it. */
export async function refusalText(
  socket: Duplex,
  { fields, head }: UpgradeAnswer,
): Promise<string> {
  const source = new ByteSource(socket, head);
  const length = Math.min(Number(fields["content-length"] ?? refusalBytesMax), refusalBytesMax);
  const chunks: Buffer[] = [];
  for (let left = length; left > 0; ) {
    const chunk = await source.some();
    if (chunk === undefined) break;
    chunks.push(chunk);
    left -= chunk.length;
  }
  socket.destroy();
  const text = Buffer.concat(chunks).toString("utf8");
  if (fields["transfer-encoding"] !== "chunked") return text.trim();
  return text.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, "").trim();
}

/** 101, with what was agreed upon. */
export function grantUpgrade(socket: Duplex, fields: Fields): void {
  socket.write(lines("HTTP/1.1 101 Switching Protocols", { connection: "Upgrade", ...fields }));
}

/** Any other answer, whole; the connection ends with it. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  fields: Fields,
  body: Uint8Array,
): void {
  const all = { ...fields, connection: "close", "content-length": `${body.length}` };
  socket.write(lines(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, all));
  socket.end(body);
}

/** Any other answer, as it comes: the connection, and so the answer, ends with its body. */
export async function answerUpgrade(
  socket: Duplex,
  status: number,
  fields: Fields,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  const all = { ...fields, connection: "close" };
  socket.write(lines(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, all));
  const reader = body?.getReader();
  // A watch may have no other end than its client's.
  socket.once("close", () => void reader?.cancel().catch(() => undefined));
  // Nothing more is read of what the client says, but that it is gone.
  socket.resume();
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done || value === undefined || socket.destroyed) break;
    await write(socket, value);
  }
  socket.end();
}
