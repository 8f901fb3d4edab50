/**
 * A watch answered within one process: its events as objects, not as bytes. The objects are the watch cache's
 * own, shared by everyone who watches: nobody changes one.
 */

export interface ObjectWatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  /** Of an ERROR: a Status. */
  readonly object: object;
}

/** 200 without a body: what a body would say comes as `events`, one array for each pull. */
export class ObjectWatchResponse extends Response {
  readonly events: AsyncIterable<readonly ObjectWatchEvent[]>;

  constructor(events: AsyncIterable<readonly ObjectWatchEvent[]>) {
    super(null, { status: 200 });
    this.events = events;
  }
}
