import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { decodeJson, encodeJson } from "#apimachinery/codec/json.ts";
import { decodeProtobuf, encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import { decodeWatchEvent } from "#apimachinery/codec/watch-frames.ts";
import { decodeYaml } from "#apimachinery/codec/yaml.ts";
import { allKinds, schemaOf } from "#apimachinery/schema.ts";
import { ApiError } from "#apimachinery/status.ts";
import { arbitraryOf } from "./arbitrary-object.ts";
import { readSamples } from "./samples.ts";

// A bounded amount of work, whatever else the machine is doing.
setDefaultTimeout(120_000);

const runs = (numRuns: number): fc.Parameters<unknown> => ({ numRuns, seed: 20260101 });
const samples = readSamples();
// WatchEvent has no kind and is never a body; watch-frames.ts reads it.
const sample = fc.constantFrom(...samples.filter(({ kind }) => kind !== "WatchEvent"));

/** Nothing but a refusal with a Status may come of bytes from outside. */
function refusesOrReads(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(error.status.code).toBe(400);
  }
}

/** Bytes of a sample with some of them replaced, taken out or doubled. */
const bent = (of: (index: number) => Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.nat(samples.length - 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "double")), {
        minLength: 1,
        maxLength: 5,
      }),
    )
    .map(([index, changes]) =>
      changes.reduce((bytes, [at, byte, how]) => {
        const position = bytes.length === 0 ? 0 : at % bytes.length;
        const tail = bytes.subarray(position + (how === "double" ? 0 : 1));
        const middle = how === "set" ? [byte] : how === "double" ? [bytes[position] ?? 0] : [];
        return new Uint8Array([...bytes.subarray(0, position), ...middle, ...tail]);
      }, of(index)),
    );

const protobufOf = (index: number): Uint8Array => samples[index]?.protobuf ?? new Uint8Array();
const jsonOf = (index: number): Uint8Array => {
  const { apiVersion, kind, json } = samples[index] ?? {};
  return encodeJson({ apiVersion, kind, ...json });
};

describe("bytes from outside", () => {
  test("arbitrary bytes are refused or read", () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const check = fc.property(bytes, sample, (body, { apiVersion, kind }) => {
      const enveloped = Buffer.concat([Buffer.from("k8s\0"), body]);
      refusesOrReads(() => decodeProtobuf(body));
      refusesOrReads(() => decodeProtobuf(enveloped, { apiVersion, kind }));
      refusesOrReads(() => decodeWatchEvent(body));
      refusesOrReads(() => decodeJson(body, { apiVersion, kind }));
      refusesOrReads(() => decodeYaml(body, { apiVersion, kind }));
    });
    fc.assert(check, runs(1000));
  });

  test("a bent protobuf message is refused or read, and what was read can be written", () => {
    const check = fc.property(bent(protobufOf), (body) => {
      refusesOrReads(() => encodeProtobuf(decodeProtobuf(body)));
    });
    fc.assert(check, runs(1000));
  });

  test("every truncation of a Pod is refused", () => {
    const pod = samples.find(({ name }) => name === "core.v1.Pod");
    const whole = pod?.protobuf ?? new Uint8Array();
    expect(whole.length).toBeGreaterThan(1000);
    const read: number[] = [];
    for (let length = whole.length - 1; length >= 0; length--) {
      refusesOrReads(() => {
        decodeProtobuf(whole.subarray(0, length));
        read.push(whole.length - length);
      });
    }
    // The envelope ends with two empty fields of two bytes; where it ends before the object, the object is empty.
    const typeMeta = Buffer.from("k8s\0\n\t\n\x02v1\x12\x03Pod");
    expect(read).toEqual([2, 4, whole.length - typeMeta.length]);
  });

  test("bent JSON is refused or read, and what was read can be written", () => {
    const check = fc.property(bent(jsonOf), (body) => {
      refusesOrReads(() => {
        const { object } = decodeJson(body);
        if (hasProtobuf(object.apiVersion, object.kind)) encodeProtobuf(object);
      });
    });
    fc.assert(check, runs(1000));
  });

  test("JSON of any shape in place of any field is refused or read", () => {
    const anything = fc.jsonValue({ maxDepth: 3 });
    const check = fc.property(
      sample,
      anything,
      fc.nat(),
      ({ apiVersion, kind, json }, value, at) => {
        const names = Object.keys(json);
        const body = encodeJson({
          apiVersion,
          kind,
          ...json,
          [names[at % names.length] ?? ""]: value,
        });
        refusesOrReads(() => {
          const { object } = decodeJson(body);
          if (hasProtobuf(object.apiVersion, object.kind)) encodeProtobuf(object);
        });
      },
    );
    fc.assert(check, runs(1000));
  });

  test("nesting of 100 000 gives a Status", () => {
    const deep = (open: string, close: string): Uint8Array =>
      Buffer.from(`{"data":${open.repeat(100_000)}1${close.repeat(100_000)}}`);
    for (const body of [deep("[", "]"), deep('{"a":', "}"), deep("[", ""), deep('"\\"[', "")]) {
      expect(() => decodeJson(body, { apiVersion: "v1", kind: "ConfigMap" })).toThrow(ApiError);
    }
  });
});

describe("every kind's objects", () => {
  const kinds = allKinds()
    .map(([apiVersion, kind]) => ({ apiVersion: apiVersion === "*" ? "v1" : apiVersion, kind }))
    .filter(({ apiVersion, kind }) => hasProtobuf(apiVersion, kind) && kind !== "WatchEvent");

  test("JSON to protobuf to JSON changes nothing", () => {
    expect(kinds.length).toBeGreaterThan(300);
    for (const { apiVersion, kind } of kinds) {
      const type = schemaOf(apiVersion, kind);
      if (type === undefined) throw new Error(`${kind} is in the table`);
      const check = fc.property(arbitraryOf(type), (fields) => {
        const object = { kind, apiVersion, ...fields };
        const decoded: unknown = decodeProtobuf(encodeProtobuf(object));
        expect(decoded).toEqual(object);
        const taken = decodeJson(encodeJson(object));
        expect(taken).toEqual({
          object: JSON.parse(JSON.stringify(object)),
          unknownFields: [],
          duplicateFields: [],
        });
      });
      fc.assert(check, runs(3));
    }
  });
});

test("whole numbers are read as far as int64 goes, and refused beyond", () => {
  const podOf = (seconds: string) =>
    Buffer.from(
      `{"apiVersion":"v1","kind":"Pod","spec":{"terminationGracePeriodSeconds":${seconds}}}`,
    );
  for (const seconds of ["9007199254740992", "-9223372036854775808"]) {
    const { object } = decodeJson(podOf(seconds));
    expect(object).toMatchObject({ spec: { terminationGracePeriodSeconds: Number(seconds) } });
  }
  expect(() => decodeJson(podOf("9223372036854775808"))).toThrow(ApiError);
});
