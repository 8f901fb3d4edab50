/** TCP in between: cuts, delays, goes silent, and, knowing Postgres' framing, loses or doubles its notices. */
import { createServer, connect as dial, type Socket } from "node:net";

const noticeType = "A".charCodeAt(0);
/** Of a Postgres message: its type and its length. */
const headerBytes = 5;

export interface Faults {
  delayMs: number;
  /** Nothing passes, nothing is closed: as a cable that was pulled. */
  silent: boolean;
  notices: "pass" | "lose" | "double";
}

export interface TcpProxy {
  readonly port: number;
  readonly faults: Faults;
  /** Ends every connection now. */
  cut(): void;
  close(): Promise<void>;
}

/** `target` is asked for at each connection; undefined: refused. */
export async function openTcpProxy(
  target: () => number | undefined,
  { framed = false }: { readonly framed?: boolean } = {},
): Promise<TcpProxy> {
  const faults: Faults = { delayMs: 0, silent: false, notices: "pass" };
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    const port = target();
    if (port === undefined) {
      client.destroy();
      return;
    }
    const behind = dial(port, "127.0.0.1");
    keep(behind);
    const edit = framed ? noticeEditor(faults) : (chunk: Buffer) => chunk;
    forward(client, behind, faults, (chunk) => chunk);
    forward(behind, client, faults, edit);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    faults,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

function forward(from: Socket, to: Socket, faults: Faults, edit: (chunk: Buffer) => Buffer): void {
  // In order, however long each piece is held back.
  let before = Promise.resolve();
  from.on("data", (chunk: Buffer) => {
    const { delayMs, silent } = faults;
    if (silent) return;
    const edited = edit(chunk);
    before = before.then(async () => {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (!to.destroyed) to.write(edited);
    });
  });
  from.on("close", () => void before.then(() => to.destroy()));
}

/** Cuts the server's stream into messages; all but notices pass as they are. */
function noticeEditor(faults: Faults): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const out: Buffer[] = [];
    while (rest.length >= headerBytes) {
      const length = 1 + rest.readUInt32BE(1);
      if (rest.length < length) break;
      const message = rest.subarray(0, length);
      const copies =
        message[0] === noticeType ? { pass: 1, lose: 0, double: 2 }[faults.notices] : 1;
      for (let copy = 0; copy < copies; copy++) out.push(message);
      rest = rest.subarray(length);
    }
    return Buffer.concat(out);
  };
}
