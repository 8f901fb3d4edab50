/**
 * An answer within one process: its object as it is, not as bytes. The object may be the watch cache's own: who
 * means to change it copies it first.
 */
export class ObjectAnswer extends Response {
  readonly object: object;

  constructor(status: number, object: object) {
    super(null, { status });
    this.object = object;
  }
}
