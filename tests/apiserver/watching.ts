/** Reads a watch as its events come. */
import { connection, type Harness } from "./harness.ts";

export interface Seen {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read objects of every shape.
  readonly object: any;
}

export interface OpenWatch {
  readonly status: number;
  readonly contentType: string;
  /** The next event; undefined at the stream's end. */
  next(): Promise<Seen | undefined>;
  /** The next `count` as `TYPE name`. */
  take(count: number): Promise<string[]>;
  close(): Promise<void>;
}

export async function openWatch(
  { app }: Pick<Harness, "app">,
  path: string,
  accept = "application/json",
): Promise<OpenWatch> {
  const abort = new AbortController();
  const { signal } = abort;
  const request = new Request(`https://test${path}`, { headers: { accept }, signal });
  const response = await app.fetch(request, connection);
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let rest = "";
  const next = async (): Promise<Seen | undefined> => {
    while (lines.length === 0) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest += decoder.decode(value, { stream: true });
      const parts = rest.split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
    }
    return JSON.parse(lines.shift() ?? "null");
  };
  return {
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    next,
    async take(count) {
      const seen: string[] = [];
      for (let i = 0; i < count; i++) {
        const event = await next();
        seen.push(
          event === undefined ? "end" : `${event.type} ${event.object.metadata?.name ?? ""}`,
        );
      }
      return seen;
    },
    async close() {
      abort.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
}
