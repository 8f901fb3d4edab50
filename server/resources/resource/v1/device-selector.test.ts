import { expect, test } from "bun:test";
import { CelCompileError } from "#apimachinery/cel/program.ts";
import type { Device } from "#gen/api/resource/v1.ts";
import { compileSelector, TooComplex, WrongResult } from "./device-selector.ts";

const device: Device = {
  name: "gpu-0",
  attributes: {
    model: { string: "a100" },
    lanes: { int: 16 },
    healthy: { bool: true },
    firmware: { version: "1.10.0" },
    "other.example.com/model": { string: "b" },
  },
  capacity: { memory: { value: "40Gi" } },
};
const own = 'device.attributes["gpu.example.com"]';

test.each([
  ['device.driver == "gpu.example.com"', true],
  [`${own}.model == "a100" && ${own}.lanes >= 16 && ${own}.healthy`, true],
  [`${own}.healthy`, true],
  [`${own}.firmware.isGreaterThan(semver("1.9.0"))`, true],
  ['device.attributes["other.example.com"].model == "b"', true],
  ['"other.example.com" in device.attributes', true],
  ['"unknown.example.com" in device.attributes', false],
  ['has(device.attributes["unknown.example.com"].model)', false],
  ['device.attributes["unknown.example.com"].?model.orValue("x") == "x"', true],
  ['device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("80Gi"))', false],
  ['device.attributes.exists(domain, domain.startsWith("other"))', true],
  ["device.allowMultipleAllocations", false],
])("%s: %p", (expression, matches) => {
  expect(compileSelector(expression).matches("gpu.example.com", device)).toBe(matches);
});

test.each([
  ["device.nope", CelCompileError],
  ['device.capacity["a"].b > 4', CelCompileError],
  ["device.driver", WrongResult],
  [
    `[${"1,".repeat(99)}1].all(a, [${"1,".repeat(99)}1].all(b, [${"1,".repeat(99)}1].all(c, a + b > c)))`,
    TooComplex,
  ],
])("%s is refused", (expression, error) => {
  expect(() => compileSelector(expression)).toThrow(error);
});
