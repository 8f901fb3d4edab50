/**
 * What upstream printed is in its canonical shape: taken in, or sent through protobuf, it must not change.
 * One difference is meant: where upstream prints null for a field that has nothing, ours is absent.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJson, encodeJson } from "#apimachinery/codec/json.ts";
import { decodeProtobuf, encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";

interface Printed {
  readonly apiVersion: string;
  readonly kind: string;
}

const recorded: { path: string; response: Printed }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/defaults.json"), "utf8"),
);

function withoutNulls(object: Printed): Printed {
  return JSON.parse(JSON.stringify(object, (_, value) => (value === null ? undefined : value)));
}

/** The kind of an object within another does not travel in protobuf; upstream's defaulting puts it back. */
function withoutInnerKinds(object: Printed): unknown {
  return JSON.parse(JSON.stringify(object), (key, value) => {
    if (key !== "volumeClaimTemplates") return value;
    return value.map(({ apiVersion, kind, ...template }: Printed) => template);
  });
}

test.each(recorded)("$path", ({ response }) => {
  const { object, unknownFields } = decodeJson(encodeJson(response));
  expect(unknownFields).toEqual([]);
  const printed = withoutNulls(response);
  const taken: unknown = object;
  expect(taken).toEqual(printed);
  if (!hasProtobuf(printed.apiVersion, printed.kind)) return;
  const decoded: unknown = decodeProtobuf(encodeProtobuf(printed));
  expect(decoded).toEqual(withoutInnerKinds(printed));
});
