/**
 * Creates pods and counts those that get a node, at least cost to itself: what a load generator spends is taken from
 * the two cores that it measures. Pods are encoded before the clock runs, answers and events are not decoded.
 */
import type { ClientHttp2Stream } from "node:http2";
import { encodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { systemClock } from "#client/clock.ts";
import { sessionPool } from "#client/http2-session.ts";
import type { Kubeconfig } from "#client/kubeconfig.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
const prefixBytes = 4;
const added = new TextEncoder().encode("\n\u0005ADDED");

export interface EncodedPod {
  readonly path: string;
  readonly body: Uint8Array;
}

export function encodedPod(pod: Draft<Pod>): EncodedPod {
  const bytes = encodeProtobuf({ ...pod, apiVersion: "v1", kind: "Pod" });
  // The encoder's memory is used again.
  return {
    path: `/api/v1/namespaces/${pod.metadata?.namespace}/pods`,
    body: new Uint8Array(bytes),
  };
}

/** Counts the ADDED events of a protobuf watch as its bytes come. */
export class AddedCounter {
  count = 0;
  #held: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= prefixBytes) {
      const end = at + prefixBytes + view.getUint32(at);
      if (end > bytes.length) break;
      if (added.every((byte, index) => bytes[at + prefixBytes + index] === byte)) this.count++;
      at = end;
    }
    this.#held = bytes.subarray(at);
  }
}

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("the connection was lost")));
    stream.once("response", (headers) => resolve(headers[":status"] ?? 0));
  });
}

export interface PodLoad {
  create(pod: EncodedPod): Promise<void>;
  /** How many pods have been seen with a node. Throws when the watch is over. */
  bound(): number;
  close(): void;
}

/** To a server where no pod has a node yet. */
export async function openPodLoad(connection: Kubeconfig): Promise<PodLoad> {
  const { server, certificateAuthority: ca, certificate, privateKey } = connection;
  const pool = sessionPool(server, { ca, certificate, privateKey }, systemClock);
  const origin = { ":scheme": "https", ":authority": new URL(server).host };
  const watched = "/api/v1/pods?watch=1&timeoutSeconds=3600&fieldSelector=spec.nodeName!%3D";
  const accept = `${protobuf};stream=watch`;
  const watch = await pool.open({ ...origin, ":path": watched, accept }, true);
  const status = await statusOf(watch);
  if (status !== 200) throw new Error(`the watch of pods was answered ${status}`);
  const counter = new AddedCounter();
  let over = false;
  watch.on("data", (chunk: Uint8Array) => counter.push(chunk));
  watch.once("close", () => {
    over = true;
  });
  const headers = { ...origin, ":method": "POST", "content-type": protobuf, accept: protobuf };
  return {
    async create({ path, body }) {
      const stream = await pool.open({ ...headers, ":path": path }, false);
      const ended = new Promise<void>((resolve) => stream.once("close", () => resolve()));
      const answered = statusOf(stream);
      stream.end(body);
      const code = await answered;
      stream.resume();
      if (code !== 201) throw new Error(`a pod was answered ${code}`);
      await ended;
    },
    bound() {
      if (over) throw new Error("the watch of pods ended");
      return counter.count;
    },
    close: () => pool.close(),
  };
}
