/**
 * How fast objects become bytes and bytes objects: Kubernetes protobuf and checked JSON beside the engine's own
 * JSON, on a Pod as a controller makes it and on a list of such Pods. MB/s are of the encoded form.
 */
import { createHash } from "node:crypto";
import { decodeJson, encodeJson } from "#apimachinery/codec/json.ts";
import {
  decodeProtobuf,
  encodeListRaw,
  encodeProtobuf,
  encodeProtobufRaw,
  type Kinded,
} from "#apimachinery/codec/protobuf.ts";
import { benchConfigMap, benchPod } from "./codec-objects.ts";
import type { Bench } from "./main.ts";

export interface CodecSize {
  readonly pods: number;
  /** How long each line is measured, in milliseconds. */
  readonly milliseconds: number;
}

interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly work: () => unknown;
}

function casesOf(label: string, object: Kinded): Case[] {
  const protobuf = encodeProtobuf(object);
  const json = encodeJson(object);
  const text = JSON.stringify(object);
  const of = (name: string, bytes: Uint8Array, work: () => unknown): Case => {
    return { name: `${label} ${name}`, bytes: bytes.length, work };
  };
  return [
    of("protobuf encode", protobuf, () => encodeProtobuf(object)),
    of("protobuf decode", protobuf, () => decodeProtobuf(protobuf)),
    of("JSON encode", json, () => encodeJson(object)),
    of("JSON decode and check", json, () => decodeJson(json)),
    of("JSON.stringify", json, () => JSON.stringify(object)),
    of("JSON.parse", json, () => JSON.parse(text)),
  ];
}

/** Batches of about this length: long enough for the clock, short enough to fall between disturbances. */
const batchMilliseconds = 2;

/** Milliseconds a round, of the quickest batch: another process can only make a batch slower. */
function measure({ work }: Case, milliseconds: number): number {
  let rounds = 1;
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + milliseconds;
  do {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) work();
    const took = performance.now() - start;
    best = Math.min(best, took / rounds);
    if (took < batchMilliseconds) rounds *= 2;
  } while (performance.now() < until);
  return best;
}

/** Runs every case once and prints what was measured; returns a hash of all that was encoded. */
export function benchCodec(
  { pods, milliseconds }: CodecSize,
  print: (line: string) => void,
): string {
  const items = Array.from({ length: pods }, (_, index) => benchPod(index));
  const list = { apiVersion: "v1", kind: "PodList", metadata: { resourceVersion: "1" }, items };
  const parts = { ...list, items: items.map(encodeProtobufRaw) };
  const assembled = encodeListRaw(parts);
  const hash = createHash("sha256").update(assembled).update(encodeJson(list)).digest("hex");
  print(`hash of the encoded list: ${hash.slice(0, 16)}`);
  const cases = [
    ...casesOf("ConfigMap", benchConfigMap()),
    ...casesOf("Pod", benchPod(0)),
    ...casesOf(`${pods}-Pod list`, list),
    {
      name: `${pods}-Pod list protobuf from encoded items`,
      bytes: assembled.length,
      work: () => encodeListRaw(parts),
    },
  ];
  for (const each of cases) {
    const took = measure(each, milliseconds);
    const rate = each.bytes / 1e6 / (took / 1e3);
    const size = `${each.bytes} bytes`.padStart(16);
    print(
      `${each.name.padEnd(48)}${size}${(took * 1e3).toFixed(1).padStart(11)} µs${rate.toFixed(0).padStart(7)} MB/s`,
    );
  }
  return hash;
}

export const codec: Bench = {
  name: "codec",
  run: async (print) => {
    benchCodec({ pods: 500, milliseconds: 1000 }, print);
  },
};
