/** What a stock server said of pods under the Pod Security Standards: made by record-pod-security.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface SecuredCase {
  readonly level: string;
  readonly version: string;
  readonly pod: unknown;
  /** `privileged (container "a" must not …), hostPort (…)`; empty: the pod passes. */
  readonly said: string;
}

export function readSecuredCases(): SecuredCase[] {
  const file = join(import.meta.dirname, "../golden/pod-security.jsonl.gz");
  const lines = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}
