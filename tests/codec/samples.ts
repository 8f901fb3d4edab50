/** Upstream's own samples, one object a kind with every field filled, as JSON and as Kubernetes protobuf. */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Sample {
  /** `apps.v1.Deployment`. */
  readonly name: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly json: Record<string, unknown>;
  readonly protobuf: Uint8Array;
}

const bundle = join(import.meta.dirname, "../golden/roundtrip.jsonl.gz");

/** `networking.k8s.io.v1.Ingress` -> `networking.k8s.io/v1`, `Ingress`; the core group has no name. */
function kindOf(name: string): { apiVersion: string; kind: string } {
  const parts = name.split(".");
  const [kind = "", version = ""] = [parts.at(-1), parts.at(-2)];
  const group = parts.slice(0, -2).join(".");
  return { apiVersion: group === "core" ? version : `${group}/${version}`, kind };
}

export function readSamples(): Sample[] {
  const lines = gunzipSync(readFileSync(bundle)).toString("utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const row: { name: string; json: Record<string, unknown>; protobuf: string } = JSON.parse(line);
    const protobuf = new Uint8Array(Buffer.from(row.protobuf, "base64"));
    return { ...row, ...kindOf(row.name), protobuf };
  });
}
