/** Who is at the other end of a TLS connection: looked at once, remembered as long as it lives. */
import { createHash } from "node:crypto";
import type { Connection } from "#apiserver/attributes.ts";

interface Peer {
  readonly subject?: { readonly CN?: string | string[]; readonly O?: string | string[] };
  /** DER. */
  readonly raw?: Uint8Array;
}

/** What a TLS socket offers on both runtimes; on HTTP/2 it is a proxy of it. */
interface TlsSocket {
  readonly authorized?: boolean;
  readonly remoteAddress?: string | undefined;
  getPeerCertificate?(detailed?: boolean): Peer | null | undefined;
}

const known = new WeakMap<object, Connection>();

const first = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value[0] : value) ?? "";

/** One organization is a string, several an array. */
const all = (value: string | string[] | undefined): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function read(socket: TlsSocket): Connection {
  const remoteAddress = socket.remoteAddress ?? "";
  if (socket.authorized !== true) return { remoteAddress };
  const { subject, raw } = socket.getPeerCertificate?.() ?? {};
  if (subject === undefined) return { remoteAddress };
  const clientCertificate = {
    commonName: first(subject.CN),
    organizations: all(subject.O),
    fingerprint: raw && createHash("sha256").update(raw).digest("hex"),
  };
  return { remoteAddress, clientCertificate };
}

/** `owner` lives as long as the connection: the HTTP/2 session, or the socket itself. */
export function connectionOf(owner: object, socket: object): Connection {
  const hit = known.get(owner);
  if (hit !== undefined) return hit;
  const connection = read(socket);
  known.set(owner, connection);
  return connection;
}
