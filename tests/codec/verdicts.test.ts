/**
 * Upstream's verdicts on 9 659 requests under fieldValidation=Strict, each with one field of a valid object
 * changed: what it refused as BadRequest is what its decoder refused, and ours must draw the same line.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decodeJson, encodeJson } from "#apimachinery/codec/json.ts";
import { ApiError } from "#apimachinery/status.ts";

interface Recorded {
  readonly request: { apiVersion: string; kind: string };
  readonly response: object;
}

interface Verdict {
  readonly object: number;
  readonly op: "create" | "update";
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly code: number;
}

const golden = join(import.meta.dirname, "../golden");
const recorded: Recorded[] = JSON.parse(readFileSync(join(golden, "defaults.json"), "utf8"));
const verdicts: Verdict[] = gunzipSync(readFileSync(join(golden, "validation.jsonl.gz")))
  .toString("utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}

/** A copy of the object with the verdict's change. */
function changed(whole: object, { path, value }: Verdict): unknown {
  const copy: unknown = structuredClone(whole);
  let place = copy;
  for (const step of path.slice(0, -1)) place = isObject(place) ? place[step] : undefined;
  const last = path.at(-1) ?? "";
  if (!isObject(place)) throw new Error(`${path.join(".")} is not in the recorded object`);
  if (!isObject(value) || !("$delete" in value)) place[last] = value;
  else if (Array.isArray(place)) place.splice(Number(last), 1);
  else delete place[last];
  return copy;
}

/** Why the decoder refuses under Strict; undefined where it does not. */
function refusal(body: unknown, { apiVersion, kind }: Recorded["request"]): string | undefined {
  try {
    const decoded = decodeJson(encodeJson(body), { apiVersion, kind });
    return decoded.unknownFields[0];
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 400) return error.message;
    throw error;
  }
}

/** Refused by upstream's conversion to its internal DaemonSet, after decoding: the resource's affair. */
const convertedAnnotation = "deprecated.daemonset.template.generation";

test("the decoder refuses what upstream's refuses, and nothing else", () => {
  expect(verdicts).toHaveLength(9659);
  const differing: string[] = [];
  for (const verdict of verdicts.filter(({ path }) => !path.includes(convertedAnnotation))) {
    const { request, response } = recorded[verdict.object] ?? {};
    if (request === undefined || response === undefined) throw new Error("no such object");
    const why = refusal(changed(verdict.op === "create" ? request : response, verdict), request);
    if ((verdict.code === 400) === (why !== undefined)) continue;
    const { object, op, path, value, code } = verdict;
    const shown = JSON.stringify(value).slice(0, 80);
    differing.push(`${object} ${op} ${path.join(".")} = ${shown}: ${code}, ours ${why}`);
  }
  expect(differing).toEqual([]);
});
