import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { ApiError } from "#apimachinery/status.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
import { encodeOpenApiV3 } from "./openapi-v3-protobuf.ts";

// Both encoders were compared with a stock API server of 1.37.1: the same bytes, 2 050 237 of /openapi/v2 and
// 647 188 of /openapi/v3/apis/apps/v1. These small ones keep every kind of member that stands in those.
const kinds = { group: "", kind: "ConfigMap", version: "v1" };

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

describe("OpenAPI v2", () => {
  const v2 = (definition: object): string =>
    latin1(encodeOpenApiV2({ swagger: "2.0", definitions: { A: definition } }));

  test("a definition is a named schema", () => {
    expect(v2({ description: "d", type: "object", required: ["x"] })).toBe(
      '\n\x032.0J\x19\n\x17\n\x01A\x12\x12"\x01d\x9a\x01\x01x\xb2\x01\x08\n\x06object',
    );
  });

  test("values of extensions and enums are YAML as Go writes it", () => {
    const bytes = v2({
      enum: ["*", "CREATE", ""],
      "x-kubernetes-group-version-kind": [kinds],
      "x-kubernetes-list-map-keys": ["name"],
    });
    expect(bytes).toContain("\x12\x04'*'\n");
    expect(bytes).toContain("\x12\x07CREATE\n");
    expect(bytes).toContain('\x12\x03""\n');
    expect(bytes).toContain('- group: ""\n  kind: ConfigMap\n  version: v1\n');
    expect(bytes).toContain("- name\n");
  });

  test("a parameter stands under the number of its place", () => {
    const parameters = [
      { $ref: "#/parameters/p" },
      { in: "query", name: "q", type: "string" },
      { in: "path", name: "p", type: "string" },
      { in: "body", name: "body", schema: { $ref: "#/definitions/A" } },
    ];
    const bytes = latin1(encodeOpenApiV2({ paths: { "/a": { parameters } } }));
    expect(bytes).toContain("J\x12\x12\x10\n\x0e#/parameters/p");
    expect(bytes).toContain('J\x18\n\x16\x12\x14\x1a\x12\x12\x05query"\x01q2\x06string');
    expect(bytes).toContain('J\x17\n\x15\x12\x13"\x11\x12\x04path"\x01p*\x06string');
    expect(bytes).toContain("\n\x1f\x12\x04body\x1a\x04body*\x11\n\x0f#/definitions/A");
  });
});

describe("OpenAPI v3", () => {
  test("schemas and references", () => {
    const schemas = {
      A: {
        allOf: [{ $ref: "#/components/schemas/B" }],
        default: {},
        "x-kubernetes-map-type": "atomic",
      },
      B: { type: "array", items: { type: "string", default: "" } },
    };
    const bytes = latin1(encodeOpenApiV3({ openapi: "3.0.0", components: { schemas } }));
    expect(bytes).toContain("\x12\x18\n\x16#/components/schemas/B");
    expect(bytes).toContain("\x8a\x02\x00\xa2\x02");
    expect(bytes).toContain("atomic\n");
    expect(bytes).toContain("\xca\x01\x06string\x8a\x02\x02\x1a\x00");
  });
});

test("a document of the wrong shape is refused", () => {
  expect(() => encodeOpenApiV2({ paths: [] })).toThrow(ApiError);
  expect(() => encodeOpenApiV3({ components: { schemas: "x" } })).toThrow(ApiError);
});
