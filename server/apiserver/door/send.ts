/** A Response onto a stream of either HTTP version. */
import { once } from "node:events";
import { PlainResponse } from "#apiserver/plain-response.ts";

export interface AnswerSink {
  readonly stream: NodeJS.WritableStream & { readonly destroyed?: boolean; destroy(): void };
  head(status: number, fields: Record<string, string | string[]>): void;
}

function fieldsOf(headers: Headers): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  headers.forEach((value, name) => {
    // Joined by the Headers object; upstream sends one line a warning, and clients read them so.
    fields[name] = name === "warning" ? value.split(/, (?=299 )/) : value;
  });
  return fields;
}

/** Chunk by chunk, each after the last was taken: what the client does not read is never made. */
async function pour(body: ReadableStream<Uint8Array>, { stream }: AnswerSink): Promise<void> {
  const reader = body.getReader();
  const left = (): void => void reader.cancel().catch(() => undefined);
  stream.once("close", left);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stream.destroyed === true) break;
      if (!stream.write(value)) await drained(stream);
    }
    stream.end();
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    stream.removeListener("close", left);
    left();
  }
}

/** The stream takes more, or is gone. */
async function drained(stream: AnswerSink["stream"]): Promise<void> {
  if (stream.destroyed === true) return;
  const over = new AbortController();
  const { signal } = over;
  const quiet = (): undefined => undefined;
  await Promise.race([
    once(stream, "drain", { signal }).catch(quiet),
    once(stream, "close", { signal }).catch(quiet),
  ]);
  over.abort();
}

export async function send(response: Response, sink: AnswerSink, method: string): Promise<void> {
  const { stream } = sink;
  if (stream.destroyed === true) {
    await response.body?.cancel();
    return;
  }
  if (response instanceof PlainResponse) {
    const { headers, bytes } = response.plain;
    sink.head(response.status, { ...headers, "content-length": `${bytes.length}` });
    if (method === "HEAD") stream.end();
    else stream.end(bytes);
    return;
  }
  const { body, headers, status } = response;
  sink.head(status, fieldsOf(headers));
  if (body === null || method === "HEAD") stream.end();
  else await pour(body, sink);
}
