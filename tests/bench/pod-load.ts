/**
 * Creates and changes pods and counts those that get a node, at least cost to itself: what a load generator spends is taken from
 * the two cores that it measures. Pods are encoded before the clock runs, answers are not decoded, and of each pod
 * one event is read.
 */
import type { ClientHttp2Stream } from "node:http2";
import { encodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import type { Client } from "#client/client.ts";
import { systemClock } from "#client/clock.ts";
import { sessionPool } from "#client/http2-session.ts";
import { createInformer } from "#client/informer.ts";
import { clientFromKubeconfig, type Kubeconfig } from "#client/kubeconfig.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { silent } from "#telemetry/log.ts";

const protobuf = "application/vnd.kubernetes.protobuf";

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

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("the connection was lost")));
    stream.once("response", (headers) => resolve(headers[":status"] ?? 0));
  });
}

export interface PodLoad {
  create(pod: EncodedPod): Promise<void>;
  /** With a merge patch. */
  patch(pod: Pod, change: object): Promise<void>;
  delete(pod: Pod): Promise<void>;
  /** How many pods have been seen with a node. */
  bound(): number;
  close(): void;
}

/** Sees the pods that have a node, each once. */
async function watchBound(client: Client, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const bound = new Set<string>();
  const added = ({ metadata }: Pod) => bound.add(`${metadata.namespace}/${metadata.name}`);
  // An informer, since a busy stock server ends watches that do not keep up.
  const fieldSelector = "spec.nodeName!=";
  const informer = createInformer(client, pods, { fieldSelector, logger: silent });
  informer.onChange({ added });
  informer.start(signal);
  await informer.synced();
  return bound;
}

export async function openPodLoad(connection: Kubeconfig): Promise<PodLoad> {
  const { server, certificateAuthority: ca, certificate, privateKey } = connection;
  const pool = sessionPool(server, { ca, certificate, privateKey }, systemClock);
  const origin = { ":scheme": "https", ":authority": new URL(server).host };
  const stop = new AbortController();
  const seen = await watchBound(clientFromKubeconfig(connection), stop.signal);
  const send = async (
    headers: Record<string, string>,
    expected: number,
    body?: string | Uint8Array,
  ): Promise<void> => {
    const stream = await pool.open({ ...origin, accept: protobuf, ...headers }, false);
    const ended = new Promise<void>((resolve) => stream.once("close", () => resolve()));
    const answered = statusOf(stream);
    stream.end(body);
    const code = await answered;
    stream.resume();
    if (code !== expected) throw new Error(`${headers[":method"]} of a pod was answered ${code}`);
    await ended;
  };
  const post = { ":method": "POST", "content-type": protobuf };
  const patch = { ":method": "PATCH", "content-type": "application/merge-patch+json" };
  const pathOf = ({ metadata }: Pod) =>
    `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  return {
    create: ({ path, body }) => send({ ...post, ":path": path }, 201, body),
    patch: (pod, change) => send({ ...patch, ":path": pathOf(pod) }, 200, JSON.stringify(change)),
    delete: (pod) => send({ ":method": "DELETE", ":path": pathOf(pod) }, 200),
    bound: () => seen.size,
    close() {
      stop.abort();
      pool.close();
    },
  };
}
