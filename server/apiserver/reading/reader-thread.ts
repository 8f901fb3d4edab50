/**
 * The thread that reads bodies beside the event loop: started when it is first needed, ended when it was idle
 * for a while or one body took too long. What waits for it waits in turn by user.
 */
import { Worker } from "node:worker_threads";
import { ApiError, refusal } from "#apimachinery/status.ts";
import { Turns, type Waiting } from "#apiserver/fairness/turns.ts";
import type { Ending, Job, Reading } from "./jobs.ts";

/** A body that takes longer is a bomb: a text of 3 MiB takes a few seconds. */
const readingMsMax = 20_000;
/** An idle thread holds memory for nothing. */
const idleMs = 30_000;
const retryAfterSeconds = 1;
/** Over it: try again later. */
const room = { ofUserMax: 32, bytesMax: 64 * 1024 * 1024 };

interface Asked extends Waiting {
  readonly job: Job;
  settle(ending: Ending): void;
}

class ReaderThread {
  readonly #turns = new Turns<Asked>(room);
  #worker: Worker | undefined;
  #current: Asked | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  ask(user: string, job: Job): Promise<Ending> {
    return new Promise((resolve, reject) => {
      const asked: Asked = { user, size: job.bytes.length, job, settle: resolve };
      if (!this.#turns.add(asked)) {
        const details = { retryAfterSeconds };
        const sentence = "Too many large requests, please try again later.";
        reject(refusal("TooManyRequests", sentence, details));
      } else if (this.#current === undefined) this.#next();
    });
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#current = this.#turns.next();
    if (this.#current === undefined) {
      this.#timer = setTimeout(() => this.#end(), idleMs);
      this.#timer.unref();
      return;
    }
    this.#worker ??= this.#start();
    const { job } = this.#current;
    this.#worker.postMessage(job, handedOver(job.bytes));
    this.#timer = setTimeout(() => this.#giveUp(), readingMsMax);
    this.#timer.unref();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./reader-main.ts", import.meta.url));
    // A thread that was given up may still say something: nobody listens to it.
    const settle = (ending: Ending): void => {
      if (this.#worker === worker) this.#settle(ending);
    };
    worker.on("message", settle);
    worker.on("error", (error) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#settle({ broke: `${error}` });
    });
    worker.unref();
    return worker;
  }

  #settle(ending: Ending): void {
    this.#current?.settle(ending);
    this.#next();
  }

  #giveUp(): void {
    this.#end();
    const sentence = "Request entity too large: reading it takes too long";
    this.#settle({ refused: refusal("RequestEntityTooLarge", sentence, {}).status });
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}

/** Bytes that have a buffer of their own go with it, and are nobody's any more: a copy of 3 MiB takes a while. */
function handedOver({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

/** One for the process, as the loop is. */
const thread = new ReaderThread();

/** Throws what reading it here would throw, TooManyRequests, or RequestEntityTooLarge for what takes too long. */
export async function readAside(user: string, job: Job): Promise<Reading> {
  const ending = await thread.ask(user, job);
  if ("reading" in ending) return ending.reading;
  if ("refused" in ending) throw new ApiError(ending.refused);
  throw new Error(ending.broke);
}
