const nothing = new Uint8Array();

/**
 * A Request that keeps its body as the bytes that it came in: taking them out of a Request costs a stream, a promise
 * and a copy for every write. Its own body is empty, so only `bodyOf` reads it.
 */
export class PlainRequest extends Request {
  readonly plain: Uint8Array;

  constructor(
    url: string,
    init: { method: string; headers: Headers },
    plain: Uint8Array = nothing,
  ) {
    super(url, init);
    this.plain = plain;
  }
}

/** The whole body of either kind of request, at once where it is here. */
export function bodyOf(request: Request): Uint8Array | Promise<Uint8Array> {
  if (request instanceof PlainRequest) return request.plain;
  return request.body === null ? nothing : request.bytes();
}
