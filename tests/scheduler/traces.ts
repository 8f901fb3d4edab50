/** The stock scheduler's recorded thoughts (see tests/golden/traces/README.md), one scenario a line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Node, Pod } from "#gen/api/core/v1.ts";

export interface TraceStep {
  readonly pod: Pod;
  readonly node: string | null;
  readonly message: string | null;
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly total: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly seed: number;
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly steps: readonly TraceStep[];
}

export const traceFiles = ["public.jsonl.gz", "public-large.jsonl.gz"].map((name) =>
  join(import.meta.dirname, "..", "golden", "traces", name),
);

export function readTraces(file: string): Scenario[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Scenario => JSON.parse(line));
}
