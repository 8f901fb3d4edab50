import { expect, test } from "bun:test";
import { decodeJson } from "./json.ts";

const read = (spec: string, metadata = '"name":"x"') =>
  decodeJson(
    new TextEncoder().encode(
      `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{${metadata}},"spec":${spec}}`,
    ),
  ).object;

test("a number with a fraction or an exponent is no integer, even where its value is one", () => {
  expect(() => read('{"replicas":1.0}')).toThrow("cannot unmarshal number 1.0");
  expect(() => read('{"replicas":1e2}')).toThrow("cannot unmarshal number 1e2");
  expect(read('{"replicas":1}')).toMatchObject({ spec: { replicas: 1 } });
});

test("an integer is of 64 bits, both ends included", () => {
  const grace = (text: string) => read("{}", `"name":"x","deletionGracePeriodSeconds":${text}`);
  expect(() => grace("9223372036854775808")).toThrow("cannot unmarshal number");
  expect(() => grace("-9223372036854775809")).toThrow("cannot unmarshal number");
  expect(grace("9223372036854775807").metadata.deletionGracePeriodSeconds).toBeGreaterThan(2 ** 62);
});

test("an amount keeps the notation of a number, and loses blanks around it", () => {
  const { object } = decodeJson(
    new TextEncoder().encode(
      '{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"x"},"spec":{"capacity":{"storage":1e3,"cpu":" 2 "}}}',
    ),
  );
  expect(object).toMatchObject({ spec: { capacity: { storage: "1e3", cpu: "2" } } });
});

test("bytes may be a list of numbers, and a time has Go's strict letters", () => {
  const secret = (rest: string) =>
    decodeJson(new TextEncoder().encode(`{"apiVersion":"v1","kind":"Secret",${rest}}`)).object;
  expect(secret('"data":{"a":[104,105,null]}')).toMatchObject({ data: { a: "aGkA" } });
  expect(() => secret('"data":{"a":[256]}')).toThrow();
  const at = (text: string) => secret(`"metadata":{"creationTimestamp":"${text}"}`).metadata;
  expect(() => at("2026-01-02t03:04:05z")).toThrow("parsing time");
  expect(() => at("2026-01-02T03:04:05+25:00")).toThrow("time zone offset hour out of range");
  expect(at("2026-01-02T3:04:05Z").creationTimestamp).toBe("2026-01-02T03:04:05Z");
  expect(at("0001-01-01T00:00:00Z").creationTimestamp).toBeUndefined();
});
