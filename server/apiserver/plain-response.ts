/**
 * A Response that also keeps what it was made of. The door writes these parts straight to the socket: reading
 * them back out of a Response costs a promise, a copy and an iterator for every answer.
 */
export class PlainResponse extends Response {
  readonly plain: {
    readonly headers: Readonly<Record<string, string>>;
    readonly bytes: Uint8Array;
  };

  constructor(status: number, headers: Readonly<Record<string, string>>, bytes: Uint8Array) {
    // Encoders make their bytes over plain ArrayBuffers; the type does not say so.
    super(bytes as Uint8Array<ArrayBuffer>, { status, headers });
    this.plain = { headers, bytes };
  }
}
