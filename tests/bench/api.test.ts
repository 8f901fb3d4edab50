import { expect, test } from "bun:test";
import { benchApi } from "./api.ts";

test("the api bench is answered on every request, and prints a line a shape", async () => {
  const lines: string[] = [];
  await benchApi(20, (line) => lines.push(line));
  expect(lines).toHaveLength(4);
  for (const line of lines)
    expect(line).toMatch(/ 20 requests, \d+ µs each: [\d,]+\/s of one core$/);
});
