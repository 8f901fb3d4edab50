import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { decodeJson, encodeJson } from "#apimachinery/codec/json.ts";
import {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufRaw,
  envelopeRaw,
} from "#apimachinery/codec/protobuf.ts";
import { decodeYaml, encodeYaml } from "#apimachinery/codec/yaml.ts";
import { readSamples } from "./samples.ts";

const samples = readSamples();

test("there is a sample of every kind upstream publishes", () => {
  expect(samples).toHaveLength(193);
});

describe.each(samples)("$name", ({ apiVersion, kind, json, protobuf }) => {
  const object = { kind, apiVersion, ...json };
  // WatchEvent carries no kind: its envelope names none, and it is never a body to take in.
  const named = "kind" in json;

  test("JSON becomes upstream's protobuf, byte for byte", () => {
    const envelopeKind = named ? { apiVersion, kind } : { apiVersion: "", kind: "" };
    const encoded = envelopeRaw(envelopeKind, encodeProtobufRaw(object));
    expect(Buffer.from(encoded).toString("hex")).toBe(Buffer.from(protobuf).toString("hex"));
    if (named) expect(encodeProtobuf(object)).toEqual(encoded);
  });

  test("protobuf becomes upstream's JSON", () => {
    const decoded: unknown = decodeProtobuf(protobuf, { apiVersion, kind });
    expect(decoded).toEqual(object);
  });

  test("JSON and YAML are taken in unchanged", () => {
    const expected: unknown = object;
    const taken = { object: expected, unknownFields: [], duplicateFields: [] } as unknown;
    expect(decodeJson(encodeJson(json), { apiVersion, kind })).toEqual(taken as never);
    const { yamlDoubles, ...yaml } = decodeYaml(encodeYaml(json), { apiVersion, kind });
    expect(yaml).toEqual(taken as never);
    expect(yamlDoubles).toEqual([]);
  });
});
