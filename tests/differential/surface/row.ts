/** A question of the walk through the API's surface, as data. */

export interface Row {
  /** Which row of the contract it tries: `W3`, `R4`, `M3`. */
  readonly at: string;
  /** `GET /api/v1/namespaces/NS/pods?limit=1`. `NS` is a namespace of the walk; `<version>`, `<uid>`, `<continue>` and `<etag>` are what this side answered last. */
  readonly ask: string;
  /** Default application/json; `""`: none is sent. */
  readonly accept?: string;
  /** Default application/json where there is a body; `""`: none is sent. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, all else as JSON. */
  readonly body?: unknown;
  /** Default 2. */
  readonly http?: 1 | 2;
  /** Only code, headers and kind of the body: the rest is each server's own. */
  readonly shape?: true | undefined;
  /** Asked to make ready for the next; not compared. */
  readonly unseen?: true;
  /** Asked of each side until its answer has this text: what it does in its own time. */
  readonly until?: string;
  /** A stream: what came within a second. */
  readonly stream?: true;
}
