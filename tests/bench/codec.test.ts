import { expect, test } from "bun:test";
import { benchCodec } from "./codec.ts";

test("the codec bench encodes the same bytes each time, and prints a line a case", () => {
  const lines: string[] = [];
  const size = { pods: 3, milliseconds: 1 };
  const hash = benchCodec(size, (line) => lines.push(line));
  expect(benchCodec(size, () => {})).toBe(hash);
  expect(lines).toHaveLength(20);
  expect(lines.every((line) => line.startsWith("hash") || /\d+ MB\/s$/.test(line))).toBe(true);
});
