/** A real API server behind a network that breaks where the test says so. */
import type { Transport } from "#client/transport.ts";

export interface Faults {
  /** Every watch is refused with this Status reason and code, or ignores sendInitialEvents. */
  watchList: "works" | "refused" | "ignored";
  /** Watches are answered with 410 from now on. */
  expired: boolean;
  /** Nothing gets through. */
  down: boolean;
  /** Requests so far: `LIST`, `WATCHLIST`, `WATCH`. */
  readonly seen: string[];
  /** Breaks all streams that are open. */
  cut(): void;
}

export function faultyTransport(inner: Transport): { transport: Transport; faults: Faults } {
  const open = new Set<AbortController>();
  const faults: Faults = {
    watchList: "works",
    expired: false,
    down: false,
    seen: [],
    cut() {
      for (const stream of open) stream.abort();
      open.clear();
    },
  };
  const transport: Transport = async (request) => {
    if (faults.down) throw new Error("connection refused");
    const url = new URL(request.url);
    if (url.searchParams.get("watch") !== "true") {
      if (request.method === "GET") faults.seen.push("LIST");
      return inner(request);
    }
    const initial = url.searchParams.get("sendInitialEvents") === "true";
    faults.seen.push(initial ? "WATCHLIST" : "WATCH");
    if (initial && faults.watchList === "refused") return refusal(422, "Invalid");
    if (faults.expired) return refusal(410, "Expired");
    if (initial && faults.watchList === "ignored") return new Response("", json(200));
    const cut = new AbortController();
    open.add(cut);
    const response = await inner(new Request(request, { signal: request.signal }));
    return new Response(breakable(response.body, cut.signal), response);
  };
  return { transport, faults };
}

const json = (status: number) => ({ status, headers: { "content-type": "application/json" } });

function refusal(code: number, reason: string): Response {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    code,
    reason,
    message: reason,
  };
  return new Response(JSON.stringify(status), json(code));
}

function breakable(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): ReadableStream<Uint8Array> | null {
  if (body === null) return null;
  const reader = body.getReader();
  const broken = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("connection reset")), { once: true });
  });
  broken.catch(() => {});
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await Promise.race([reader.read(), broken]);
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        await reader.cancel().catch(() => {});
        controller.error(error);
      }
    },
    cancel: () => reader.cancel(),
  });
}
