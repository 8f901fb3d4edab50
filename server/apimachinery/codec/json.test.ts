import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { ApiError } from "#apimachinery/status.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { decodeProtobuf, encodeProtobuf } from "./protobuf.ts";

const configMap = { apiVersion: "v1", kind: "ConfigMap" };
const pod = { apiVersion: "v1", kind: "Pod" };

function refusal(body: string, expected = configMap): string {
  try {
    decodeJson(Buffer.from(body), expected);
  } catch (error) {
    if (error instanceof ApiError) return `${error.status.code} ${error.message}`;
    throw error;
  }
  return "no refusal";
}

/** What a stock API server of 1.37.1 answers to a POST of each body. */
const unreadable: readonly (readonly [body: string, sentence: string])[] = [
  ["{", "unexpected end of JSON input ({)"],
  ["", "unexpected end of JSON input (<empty>)"],
  ['{"a":}', "invalid character '}' looking for beginning of value ({\"a\":})"],
  ["{}x", "invalid character 'x' after top-level value ({}x)"],
  ['{"a":"b\\q"}', 'invalid character \'q\' in string escape code ({"a":"b\\q"})'],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string ({\"a\":1,})"],
  ['{"a":tru}', "invalid character '}' in literal true (expecting 'e') ({\"a\":tru})"],
  ['{"a" 5}', "invalid character '5' after object key ({\"a\" 5})"],
  ["{a: 5}", "invalid character 'a' looking for beginning of object key string ({a: 5})"],
  ['{"a": 05}', "invalid character '5' after object key:value pair ({\"a\": 05})"],
  ['{"a": -}', "invalid character '}' in numeric literal ({\"a\": -})"],
  [
    '{"kind":5}',
    'json: cannot unmarshal number into Go struct field .kind of type string ({"kind":5})',
  ],
];

const wrongTypes: readonly (readonly [fields: string, sentence: string])[] = [
  [
    '"metadata":{"labels":"x"}',
    "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
  ],
  [
    '"spec":{"containers":["x"]}',
    "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container",
  ],
  [
    '"spec":{"containers":[{"ports":[{"containerPort":99999999999}]}]}',
    "json: cannot unmarshal number 99999999999 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
  ],
  [
    '"spec":{"containers":[{"resources":{"limits":{"cpu":"xx"}}}]}',
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    '"metadata":{"creationTimestamp":"x"}',
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  ],
  [
    '"spec":{"containers":[{"livenessProbe":{"httpGet":{"port":1.5}}}]}',
    "json: cannot unmarshal number 1.5 into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
  ],
  [
    '"spec":{"volumes":[{"configMap":{"name":5}}]}',
    "json: cannot unmarshal number into Go struct field ConfigMapVolumeSource.spec.volumes.VolumeSource.configMap.LocalObjectReference.name of type string",
  ],
  [
    '"spec":{"hostNetwork":"true"}',
    "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool",
  ],
];

describe("refusals are upstream's", () => {
  test.each(unreadable)("%s", (body, sentence) => {
    const head = "400 the object provided is unrecognized (must be of type ConfigMap)";
    expect(refusal(body)).toBe(`${head}: couldn't get version/kind; json parse error: ${sentence}`);
  });

  test.each(wrongTypes)("%s", (fields, sentence) => {
    const body = `{"kind":"Pod","apiVersion":"v1",${fields}}`;
    expect(refusal(body, pod)).toBe(
      `400 Pod in version "v1" cannot be handled as a Pod: ${sentence}`,
    );
  });

  test("a body that is no object is shown in hexadecimal", () => {
    expect(refusal("[]")).toEndWith(
      'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
    );
  });
});

describe("what is taken in", () => {
  test("unknown fields are named and gone, doubles are named and the last wins", () => {
    const body =
      '{"spec":{"containers":[{"name":"x","foo":1,"name":"y","env":[{"zz":1}]}],"x":{"y":1,"y":2}},' +
      '"metadata":{"labels":{"a":"b","a":"c"},"Name":"b"}}';
    const { object, unknownFields, duplicateFields } = decodeJson(Buffer.from(body), pod);
    expect(unknownFields).toEqual([
      "spec.containers[0].foo",
      "spec.containers[0].env[0].zz",
      "spec.x",
      "metadata.Name",
    ]);
    expect(duplicateFields).toEqual(["spec.containers[0].name", "metadata.labels.a"]);
    const taken: unknown = object;
    expect(taken).toEqual({
      ...pod,
      metadata: { labels: { a: "c" } },
      spec: { containers: [{ name: "y", env: [{ name: "" }], resources: {} }] },
      status: {},
    });
  });

  test("null is absent, in a map it is the zero value; what upstream leaves out is left out", () => {
    const body = '{"data":{"a":null},"immutable":false,"metadata":{"name":"","annotations":null}}';
    const taken: unknown = decodeJson(Buffer.from(body), configMap).object;
    expect(taken).toEqual({ ...configMap, data: { a: "" }, immutable: false, metadata: {} });
  });

  test("quantities, times and durations become canonical", () => {
    const body =
      '{"metadata":{"creationTimestamp":"2026-01-02T05:04:05.9+02:00"},"spec":{"containers":[{"name":"c",' +
      '"resources":{"limits":{"cpu":"1000m","memory":1048576}}}],"overhead":{"cpu":0.5}}}';
    const taken: unknown = decodeJson(Buffer.from(body), pod).object;
    expect(taken).toMatchObject({
      metadata: { creationTimestamp: "2026-01-02T03:04:05Z" },
      spec: {
        containers: [{ resources: { limits: { cpu: "1", memory: "1048576" } } }],
        overhead: { cpu: "500m" },
      },
    });
  });

  test("a kind that upstream does not publish passes untouched", () => {
    const object = { apiVersion: "example.com/v1", kind: "Foo", spec: { "": null, x: [null] } };
    const taken: unknown = decodeJson(encodeJson(object));
    expect(taken).toEqual({ object, unknownFields: [], duplicateFields: [] });
  });

  test("invalid UTF-8 becomes U+FFFD", () => {
    const body = Buffer.concat([
      Buffer.from('{"data":{"a":"'),
      Buffer.from([0xff]),
      Buffer.from('"}}'),
    ]);
    expect(decodeJson(body, configMap).object).toMatchObject({ data: { a: "\ufffd" } });
  });
});

test("a list without items has an empty list of them", () => {
  const list = { kind: "PodList", apiVersion: "v1", metadata: {} };
  const taken: unknown = decodeJson(encodeJson(list)).object;
  expect(taken).toEqual({ ...list, items: [] });
  const decoded: unknown = decodeProtobuf(encodeProtobuf(list));
  expect(decoded).toEqual({ ...list, items: [] });
});

test("schemas keep null where it is a JSON value, and what upstream's reader takes for none", () => {
  const taken = (schema: object): unknown => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      spec: { versions: [{ name: "v1", schema: { openAPIV3Schema: schema } }] },
    };
    const { object } = decodeJson(Buffer.from(JSON.stringify(definition)), definition);
    const { versions } = (object as { spec?: { versions?: { schema?: unknown }[] } }).spec ?? {};
    return versions?.[0]?.schema;
  };
  const withNulls = { enum: [null, "a"], nullable: true, dependencies: { a: null } };
  expect(taken(withNulls)).toEqual({ openAPIV3Schema: withNulls });
  const odd = { dependencies: { a: "b", c: ["d"] } };
  expect(taken(odd)).toEqual({ openAPIV3Schema: { dependencies: { a: null, c: ["d"] } } });
});
