/**
 * WATCH: a stream that is pulled. Each pull takes what the watcher has and hands it on as one chunk, so a client
 * that does not read costs its position and nothing else.
 */
import { ObjectWatchResponse } from "#apimachinery/codec/object-watch.ts";
import { ApiError } from "#apimachinery/status.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { objectWatchEncoder } from "#apiserver/encoding/object-watch-encoder.ts";
import {
  type ByteEncoder,
  openEncoder,
  type WatchEncoder,
} from "#apiserver/encoding/watch-encoder.ts";
import { breath } from "#apiserver/fairness/breath.ts";
import {
  checkListOptions,
  type ListOptions,
  revisionOf,
  watchOptions,
} from "#apiserver/list-options.ts";
import { type Accepted, negotiate } from "#apiserver/negotiation.ts";
import { headersOf } from "#apiserver/respond.ts";
import { type Selection, selectionOf } from "#apiserver/selection.ts";
import { isWebSocket } from "#apiserver/streams/accept-websocket.ts";
import { type Message, sendWatch, watchSocketRefusal } from "#apiserver/streams/watch-socket.ts";
import type { Revision } from "#storage/storage.ts";
import type { CacheEvent, Entry, Watcher } from "#storage/watch-cache.ts";
import { atLeast } from "./freshness.ts";

/** Upstream's --min-request-timeout: the server's own end is random between this and its double. */
const timeoutSecondsMin = 1800;
/** Upstream's bookmark frequency. */
const bookmarkMs = 60_000;
/** The last bookmark before the server's end. */
const lastBookmarkMs = 2_000;
/** A custom resource that ended: what happened to its objects before is still delivered. */
const endGraceMs = 1_000;
/** The length before each frame of protobuf. */
const frameHeadBytes = 4;
/** Initial events that go into one chunk: bounds what one pull makes. */
const initialChunkEntries = 500;

type Bytes = Uint8Array<ArrayBuffer>;

interface Start {
  readonly revision: Revision;
  /** Objects that are told of before anything else. */
  readonly initial: readonly Entry[];
  /** A bookmark that says that they are complete. */
  readonly announced: boolean;
}

async function startOf(
  server: ServerContext,
  selection: Selection,
  options: ListOptions,
): Promise<Start> {
  const { cache } = server;
  const { resourceVersion, sendInitialEvents } = options;
  const revision = revisionOf(resourceVersion, "one");
  if (sendInitialEvents !== true) {
    if (revision > 0) return { revision, initial: [], announced: false };
    await atLeast(cache, resourceVersion, revision);
    return { revision: cache.revision, initial: [], announced: false };
  }
  await atLeast(cache, resourceVersion, revision);
  const state = cache.list(selection.scope);
  const initial = selection.whole ? state.entries : state.entries.filter(selection.matches);
  return { revision: state.revision, initial, announced: options.allowWatchBookmarks };
}

/** The event as the selection sees it: entering is ADDED, leaving is DELETED with the state before (R7). */
function shown(event: CacheEvent, selection: Selection): [CacheEvent["type"], Entry] | undefined {
  const { type, entry, previous } = event;
  if (selection.whole) return [type, entry];
  const was = previous !== undefined && selection.matches(previous);
  const is = type !== "DELETED" && selection.matches(entry);
  if (was && is) return ["MODIFIED", entry];
  if (is) return ["ADDED", entry];
  if (!was) return undefined;
  return ["DELETED", type === "DELETED" ? entry : leaving(previous, entry)];
}

/** The last state that matched, under the revision of the change that ended it. */
function leaving(previous: Entry, { revision, object }: Entry): Entry {
  const { resourceVersion } = object.metadata;
  const last = {
    ...previous.object,
    metadata: { ...previous.object.metadata, resourceVersion },
  };
  const { key, createRevision, size } = previous;
  return {
    key,
    createRevision,
    size,
    revision,
    object: last,
    encoded: (_form, encode) => encode(last),
  };
}

interface Stream<Chunk> {
  readonly server: ServerContext;
  readonly selection: Selection;
  readonly encoder: WatchEncoder<Chunk>;
  readonly options: ListOptions;
  readonly start: Start;
  readonly watcher: Watcher;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  /** Before events are encoded: all who watch are woken in one turn of the loop. */
  readonly breath?: () => Promise<unknown> | undefined;
  /** Set when the client is gone: the watcher was closed from outside. */
  readonly gone: AbortSignal;
}

/** The chunks of a watch, ending at its timeout; the last may be an ERROR event. */
async function* chunks<Chunk>(stream: Stream<Chunk>): AsyncGenerator<Chunk, void, void> {
  yield* initialChunks(stream);
  try {
    yield* liveChunks(stream);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    yield stream.encoder.error(error.status);
  }
}

function* initialChunks<Chunk>({ encoder, start, server }: Stream<Chunk>): Generator<Chunk> {
  const { initial, announced, revision } = start;
  for (let at = 0; at < initial.length; at += initialChunkEntries) {
    const entries = initial.slice(at, at + initialChunkEntries);
    server.metrics.watchEvents += entries.length;
    yield encoder.events(entries.map((entry) => ["ADDED", entry]));
  }
  if (announced) yield encoder.bookmark(revision, true);
}

async function* liveChunks<Chunk>(stream: Stream<Chunk>): AsyncGenerator<Chunk, void, void> {
  const { server, selection, encoder, options, start, endsAt, watcher, gone } = stream;
  const now = (): number => server.clock().getTime();
  const lastBookmarkAt = endsAt - lastBookmarkMs;
  let told = start.revision;
  let bookmarkAt = Math.min(now() + bookmarkMs, lastBookmarkAt);
  for (;;) {
    const { events, revision } = await watcher.next(
      Math.max(Math.min(bookmarkAt, endsAt) - now(), 1),
    );
    // Closed: the server stops, and a loop that went on would never let it.
    if (gone.aborted || watcher.closed) return;
    if (events.length > 0) await stream.breath?.();
    const visible = events.map((event) => shown(event, selection)).filter((e) => e !== undefined);
    if (visible.length > 0) {
      server.metrics.watchEvents += visible.length;
      told = revision;
      yield encoder.events(visible);
    }
    const time = now();
    if (time >= endsAt) return;
    if (time < bookmarkAt) continue;
    bookmarkAt = time < lastBookmarkAt ? Math.min(time + bookmarkMs, lastBookmarkAt) : endsAt;
    if (!options.allowWatchBookmarks || revision === told) continue;
    told = revision;
    yield encoder.bookmark(revision, false);
  }
}

function endOf(server: ServerContext, { timeoutSeconds }: ListOptions): number {
  const own = timeoutSecondsMin * (1 + server.randomness.fraction());
  const seconds = timeoutSeconds !== undefined && timeoutSeconds > 0 ? timeoutSeconds : own;
  return server.clock().getTime() + seconds * 1000;
}

interface Opened<Chunk> {
  readonly iterator: AsyncGenerator<Chunk, void, void>;
  /** Ends it from outside; a second call does nothing. */
  readonly leave: () => void;
}

/**
 * The chunks as a stream that reads them only when it is read itself. An event has no form as a list's metadata:
 * upstream ends the stream where it should show one.
 */
function pulled(
  { iterator, leave }: Opened<Bytes>,
  { asList = false }: Accepted,
): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done !== true && !asList) return controller.enqueue(value);
          leave();
          controller.close();
        } catch (error) {
          leave();
          controller.error(error);
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

/** Watches until the client leaves, the timeout comes or the log no longer reaches back. */
function open<Chunk>(call: Call, parts: Omit<Stream<Chunk>, "gone" | "watcher">): Opened<Chunk> {
  const { server, selection, start } = parts;
  const watcher = server.cache.watch(selection.scope, start.revision);
  const ending = new AbortController();
  const leave = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    watcher.close();
    server.metrics.watchers -= 1;
    call.request.signal.removeEventListener("abort", leave);
  };
  server.metrics.watchers += 1;
  const { ends } = call.endpoint;
  const leaveSoon = (): void => void setTimeout(leave, endGraceMs).unref();
  if (ends?.aborted === true) leaveSoon();
  ends?.addEventListener("abort", leaveSoon, { once: true, signal: ending.signal });
  call.request.signal.addEventListener("abort", leave);
  return { iterator: chunks({ ...parts, watcher, gone: ending.signal }), leave };
}

/** Whoever stops reading leaves. */
async function* left<Chunk>({ iterator, leave }: Opened<Chunk>): AsyncGenerator<Chunk, void, void> {
  try {
    yield* iterator;
  } finally {
    leave();
  }
}

/** One message an event: a line of JSON, or protobuf without the length that a stream needs before it. */
function messageEncoder(encoder: ByteEncoder, { mediaType }: Accepted): WatchEncoder<Message[]> {
  const message = (frame: Bytes): Message =>
    mediaType === "protobuf"
      ? { data: frame.subarray(frameHeadBytes), kind: "binary" }
      : { data: frame, kind: "text" };
  return {
    events: (events) => events.map((event) => message(encoder.events([event]))),
    bookmark: (revision, initialEnd) => [message(encoder.bookmark(revision, initialEnd))],
    error: (status) => [message(encoder.error(status))],
  };
}

async function* messagesOf(
  chunks: AsyncIterable<readonly Message[]>,
): AsyncGenerator<Message, void, undefined> {
  for await (const chunk of chunks) yield* chunk;
}

function asRefused(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}

/** A stream of one chunk. */
function ended(chunk: Bytes): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    start(controller) {
      controller.enqueue(chunk);
      controller.close();
    },
  });
}

export const watch: Handler = async (server, call) => {
  const { custom } = call.endpoint;
  const accept = call.request.headers.get("accept");
  negotiate(accept, { custom });
  const options = watchOptions(call.query);
  checkListOptions(options, "watch");
  const accepted = negotiate(accept, { watch: true, custom });
  const selection = selectionOf(call.endpoint, call.info.namespace, call.query);
  const parts = { server, selection, options, endsAt: endOf(server, options) };
  if (call.sharesObjects && accepted.as !== "table") {
    const start = await startOf(server, selection, options);
    const encoder = objectWatchEncoder(call);
    return new ObjectWatchResponse(left(open(call, { ...parts, start, encoder })));
  }
  const encoder = openEncoder(server, call, accepted);
  if (call.upgrade !== undefined && isWebSocket(call)) {
    const refusal = watchSocketRefusal(call);
    if (refusal !== undefined) return refusal;
    const start = await startOf(server, selection, options);
    const opened = open(call, { ...parts, start, encoder: messageEncoder(encoder, accepted) });
    return sendWatch(call, call.upgrade, messagesOf(opened.iterator), opened.leave);
  }
  const headers = headersOf(call, encoder.contentType);
  const start = await startOf(server, selection, options).catch(asRefused);
  if (start instanceof ApiError) {
    // Who asked for the state has his stream first: it is told there that the state is not there yet.
    if (options.sendInitialEvents !== true) throw start;
    return new Response(ended(encoder.error(start.status)), { status: 200, headers });
  }
  const opened = open(call, { ...parts, start, encoder, breath: () => breath(call) });
  return new Response(pulled(opened, accepted), { status: 200, headers });
};
